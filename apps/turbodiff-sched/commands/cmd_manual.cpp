// turbodiff-sched manual: the source of man/turbodiff-sched.1
#include <CLI/CLI.hpp>

#include "cli/manual.h"
#include "commands.h"

namespace turbodiff::app {
namespace {

std::vector<cli::ManualSection> introduction() {
  return {
      {"DESCRIPTION", R"(turbodiff\-sched keeps generation jobs in a store, plans them into the hours in which
electricity is cheapest, runs them through turbodiff(1) and reports what each job has cost.
.PP
A job is frozen when it is added: its prompt, every option and the fingerprint of its model.
It runs at least once, and is published and billed exactly once, also after a crash or a power failure.)"},
      {"EXAMPLES", R"(.nf
turbodiff\-sched add "a red circle moving right" \-o circle.mp4
turbodiff\-sched add \-\-prompts night.txt \-\-deadline \(aqtomorrow 06:30\(aq
turbodiff\-sched \-\-tariff cn\-two\-rate plan
turbodiff\-sched \-\-tariff cn\-two\-rate run \-\-once
turbodiff\-sched list
.fi)"}};
}

cli::ManualSection notifications() {
  return {
      "NOTIFICATIONS",
      R"(When the section \fBnotify\fR of the configuration file has channels, run and daemon send these notices:
\fBbatch\fR (no job is left to run now: videos, failures, energy, cost and jobs that missed their deadline, with a
picture of the videos), \fBfailed\fR (a job has failed for good), \fBdeadline\fR (the plan cannot place a job before
its deadline, or the deadline has passed; once for each job and deadline) and \fBwake\fR (the wake alarm could not be set).
.PP
A notice is stored in the same transaction as the event it reports, and sent to each channel at least once unless it
is discarded. It is sent more than once only if the answer of a service was lost, or the program was killed before it
had recorded the answer; mails then keep their Message\-ID and webhooks their Idempotency\-Key.
A message that is not accepted is sent again after growing delays, which respect a service's Retry\-After, and
discarded after \fIgive_up_after\fR. A message that a service refuses (4xx; 5xx of mail) is discarded at once.
A channel sends up to \fIburst\fR messages at once and then one per \fIinterval\fR; notices that arrive in between
are combined into one message. run, and switching off, wait up to \fIwait\fR for messages that are not accepted yet;
the others are sent at the next start.
.PP
Secrets are read from files or environment variables only, and never written; a file that users other than its owner
can read is refused. examples/config\-notify.yaml shows every channel.
.TP
\fBchannels\fR
A list. Each channel has a \fItype\fR, and optionally \fIname\fR, \fIevents\fR, \fIburst\fR (3), \fIinterval\fR (1m),
\fItimeout\fR (30s) and \fIca_file\fR.
.TP
\fBemail\fR
server (smtp://HOST:PORT with STARTTLS, smtps://HOST:PORT), user, password_file or password_env, from, to;
encryption: none for a server without TLS.
.TP
\fBwecom\fR, \fBserverchan\fR
key_file or key_env; server.
.TP
\fBtelegram\fR
token_file or token_env, chat; server.
.TP
\fBntfy\fR
topic, topic_file or topic_env; token_file or token_env; server.
.TP
\fBwebhook\fR
url, url_file or url_env; method (POST or PUT), content_type, headers (text, or {file: PATH} or {env: NAME}),
token_file or token_env (a bearer token), body with {{event}}, {{title}}, {{text}}, {{done}}, {{failed}}, {{late}},
{{kwh}}, {{cost}}, {{currency}}, {{videos}}, {{key}}, {{time}}, {{host}}, {{picture}} (PNG in Base64), each escaped for the
content type.
.TP
\fBdesktop\fR
The session bus of the user that runs the program.
.TP
\fBcontact_sheet\fR (on), \fBretry_delay\fR (10s), \fBgive_up_after\fR (24h), \fBwait\fR (1m)
For all channels.)"};
}

cli::ManualSection energy() {
  return {"ENERGY",
          R"(While a job runs, GPUs are read through NVML and processors through RAPL twenty times a second;
a smart plug (Shelly, Tasmota) that powers the whole machine, where one is configured, once a second.
Between jobs the counters are read every few minutes. The power of the machine at the wall is
(GPU + processor + other components) / efficiency of the power supply x cooling;
\fBenergy calibrate\fR fits the other components and the efficiency to a wall meter.
.PP
The energy of a job is \fBmeasured\fR when every part that varies with the load was metered: by a plug, or processor
and GPU (where there is one) both by counters or power readings. Otherwise it is an \fBestimate\fR, and the method
names its source. Without any meter the energy is \fIestimate.watts\fR, or an assumed power, times the duration.
.PP
Flags report problems: gpu\-counter\-missing, gpu\-counter\-reset, gpu\-counter\-wrapped, gpu\-lost,
rapl\-wrapped, rapl\-reset, rapl\-lost, plug\-lost, disagreement (counter and power readings differ by more than
3 %), sparse (power readings too far apart), cut\-off (the end of the attempt was not observed).
.PP
RAPL is often readable by root only; \fBchmod a+r /sys/class/powercap/*rapl*/energy_uj\fR allows it until the next
start of the machine.
.PP
Keys of the section \fBenergy\fR of the configuration file:
.TP
\fBgpu\fR, \fBcpu\fR
on or off: whether to meter them.
.TP
\fBgpus\fR
all, or numbers like 0,1.
.TP
\fBplug_type\fR, \fBplug_url\fR
shelly, shelly2 (Gen 2 and later) or tasmota, and the address of the plug.
.TP
\fBrest_watts\fR
Power of all components other than GPU and processor (30).
.TP
\fBpsu_efficiency\fR
Efficiency of the power supply (0.9).
.TP
\fBcooling\fR
Watts at the wall including cooling for each watt of the machine (1).
.TP
\fBpowercap\fR
Folder of RAPL's counters (/sys/class/powercap).)"};
}

cli::ManualSection watch_folder() {
  return {"WATCH FOLDER",
          R"(With \fB\-\-watch\fR \fIDIR\fR or \fIwatch.folder\fR, run and daemon add the files that
are dropped into the folder as jobs. A file is moved to \fIDIR\fR/done once its jobs are in the store; a file that
gives no jobs is moved to \fIDIR\fR/failed, next to \fINAME\fR.reason.txt. Each file is added exactly once, also after
a crash.
.TP
\fB.txt\fR
One prompt per line, or JSON objects, as with \fBadd \-\-prompts\fR.
.TP
\fB.jsonl\fR
One JSON object per line.
.TP
\fB.yaml\fR, \fB.yml\fR, \fB.json\fR
A prompt, an object, a list of these, or an object with \fIprompts\fR, a list of these, whose other keys apply to all
of them.
.PP
Keys of an object are the long options of \fBturbodiff generate\fR, and when, priority, earliest, deadline,
retries, group, hold and count, with the meaning of the options of \fBadd\fR. Relative file names are relative to
\fIDIR\fR. Deadlines are not checked against known prices; \fBplan\fR shows whether they can be met.
.PP
A file is taken once it was closed after writing or renamed into the folder and no process has it open for writing,
or once it has not changed for \fIwatch.settle\fR; an empty file after a minute. Hidden files, *.tmp, *.part,
*.partial, *.crdownload, *.filepart, *.download, *.swp, *.bak and *~ are ignored, and so are conflict copies
(*.sync\-conflict\-* and the like). The folder is scanned at the start, each minute and after lost events; on a
network file system every \fIwatch.poll\fR. A picture, and the text of the same name next to it, is refused: this
version does not support image to video. Files that are not jobs yet keep the machine on, temporary ones for
15 minutes.
.PP
Keys of the section \fBwatch\fR of the configuration file:
.TP
\fBfolder\fR
The folder.
.TP
\fBoutput\fR
Pattern of outputs as for \fB\-\-output\fR; {file} is the name of the dropped file
(videos/{date}\-{file}\-{index}.mp4).
.TP
\fBsettle\fR
Time that a file which was neither closed nor renamed must stay unchanged (5s).
.TP
\fBpoll\fR
Interval between scans on a network file system (10s).
.TP
\fBduplicates\fR
What to do with a file of the same name and content as an earlier one: \fBskip\fR adds no jobs and writes the reason
next to it, \fBadd\fR adds the jobs again.
.TP
\fBallow_paths\fR
Whether a dropped file may name outputs outside of the folder of \fIoutput\fR, and models and other files outside of
the watch folder (off).)"};
}

cli::ManualSection switching_off() {
  return {"SWITCHING OFF",
          R"(With \fB\-\-on\-finish\fR shutdown, suspend or hibernate, run and daemon switch the machine
off through systemd\-logind once a batch is finished, or with shutdown(8) where there is no logind. All logged\-in
users are notified. The machine stays on if one of these conditions holds at any time of the grace period:
a program holds a block lock on shutdown or sleep (systemd\-inhibit(1)); a user is logged in; a job runs; a job may
run at a time that is not known yet; a file is in the inbox; an operator holds the machine; the next job starts soon;
or being off until then saves less energy than booting takes.
.PP
\fBturbodiff\-sched power cancel\fR, \fBshutdown \-c\fR, SIGTERM to the program or the file
\fISTORE\fR\-files/stay\-on end the grace period at once. run acts once; daemon once for each batch in which a job has
run, and checks again when the conditions no longer hold.
.PP
Where a job is planned later, the clock chip is set to wake the machine before it (by power.boot_time and
power.margin), and read back; if that fails, the machine stays on.
.PP
Any other text is run with /bin/sh after the batch, with TURBODIFF_DONE and TURBODIFF_FAILED set to the numbers of
done and failed jobs.
.PP
Settings in the configuration file: power.boot_time (90s), power.margin (2m), power.boot_wh (3),
power.stay_before (15m), power.users (veto, others, ignore), power.inbox, power.wake_alarm
(/sys/class/rtc/rtc0/wakealarm), power.shutdown_command (/sbin/shutdown), estimate.idle_watts (50).)"};
}

cli::ManualSection environment() {
  return {"ENVIRONMENT", R"(.TP
\fBTURBODIFF_STORE\fR
Job store, instead of $XDG_STATE_HOME/turbodiff/jobs.db.
.TP
\fBTURBODIFF_TARIFF\fR
Tariff file or name.
.TP
\fBTURBODIFF_CONFIG\fR
Configuration file.
.TP
\fBTURBODIFF_WATTS\fR
Power while generating, used where no meter measures it.
.TP
\fBTURBODIFF_ENERGY_GPU\fR, \fBTURBODIFF_ENERGY_CPU\fR, \fBTURBODIFF_POWERCAP\fR
As the keys energy.gpu, energy.cpu, energy.powercap.
.TP
\fBNO_COLOR\fR, \fBCLICOLOR_FORCE\fR
Disable colours, or enable them without a terminal.)"};
}

cli::ManualSection files() {
  return {"FILES", R"(.TP
\fISTORE\fR
SQLite database of jobs, attempts, prices and energy.
.TP
\fISTORE\fR\-files/
Logs, checkpoints, prices, and contact\-sheet.png of the last batch that was reported.
.TP
\fISTORE\fR\-files/http\-token
The token that 'http token' has created.
.TP
\fISTORE\fR\-files/stay\-on
Keeps the machine on while it exists.
.TP
\fISTORE\fR.lock, \fISTORE\fR.bell
The lock of the process that runs the jobs, and the file through which it is notified of changes.)"};
}

std::vector<cli::ManualSection> reference() {
  return {{"TIMES", R"(RFC 3339 with an offset, \fBnow\fR, \fB+90m\fR, \fB22:00\fR (the next one), \fBtomorrow
06:30\fR; without an offset in the time zone of the tariff, or of the machine where no tariff is given.)"},
          {"TARIFFS",
           R"(A tariff is a YAML file: rates and the hours, days, seasons and holidays in which they apply, or
a series of prices (CSV). \fBturbodiff\-sched tariff list\fR lists the tariffs that come with the program; files in
$XDG_CONFIG_HOME/turbodiff/tariffs can be used by name as well.)"},
          energy(),
          watch_folder(),
          switching_off(),
          notifications(),
          environment(),
          files(),
          {"SIGNALS",
           R"(SIGTERM and SIGINT stop run and daemon; the running job leaves a checkpoint and is queued again.
An attempt whose end was not observed, because of SIGKILL or a power failure, is billed until it was last seen and up
to a second more (ten seconds after a restart of the machine), with the flags cut\-off and end\-assumed.
If it had finished no step beyond those of earlier attempts, it counts against \fB\-\-retries\fR; once these are used
up, the job is held and a notice of the failure is sent. SIGHUP reloads the tariff.)"},
          {"EXIT STATUS", R"(.TP
0
Success.
.TP
1
The work failed.
.TP
2
The request or a file is wrong.
.TP
3
There is no such job or model.
.TP
4
Refused by a limit: a deadline that cannot be met, a store that another process runs, disk.
.TP
130
Interrupted.)"},
          {"SEE ALSO", R"(\fBturbodiff\fR(1))"}};
}

}  // namespace

void add_manual(Queue& queue) {
  CLI::App& command =
      queue.program().add_command("manual", "Print the manual page", [](cli::Program& running) {
        running.print(cli::manual_page(cli::view_of(running.app(), running.info().name), running.title(),
                                       introduction(), reference()));
      });
  command.group("");
}

}  // namespace turbodiff::app
