// turbodiff-sched manual: the source of man/turbodiff-sched.1
#include <CLI/CLI.hpp>

#include "cli/manual.h"
#include "commands.h"

namespace turbodiff::app {
namespace {

std::vector<cli::ManualSection> introduction() {
  return {{"DESCRIPTION",
           "turbodiff\\-sched keeps generation jobs in a store, plans them into the hours in which "
           "electricity is "
           "cheapest, runs them through turbodiff(1) then, and says what each has cost.\n.PP\n"
           "A job is frozen when it is added: its prompt, every option, the fingerprint of its model. It is "
           "run at "
           "least once, and published and billed exactly once, whatever happens to the machine in between."},
          {"EXAMPLES",
           ".nf\n"
           "turbodiff\\-sched add \"a red circle moving right\" \\-o circle.mp4\n"
           "turbodiff\\-sched add \\-\\-prompts night.txt \\-\\-deadline \\(aqtomorrow 06:30\\(aq\n"
           "turbodiff\\-sched \\-\\-tariff cn\\-two\\-rate plan\n"
           "turbodiff\\-sched \\-\\-tariff cn\\-two\\-rate run \\-\\-once\n"
           "turbodiff\\-sched list\n"
           ".fi"}};
}

cli::ManualSection notifications() {
  return {
      "NOTIFICATIONS",
      "Where the section \\fBnotify\\fR of the configuration file has channels, run and daemon tell of: "
      "\\fBbatch\\fR (nothing is left to do now: videos, failures, energy, cost, jobs that were late, with a "
      "picture of the videos), \\fBfailed\\fR (a job failed for good), \\fBdeadline\\fR (the plan has no "
      "place "
      "for a job before its deadline any more, or it has passed; once for each job and deadline) and "
      "\\fBwake\\fR (the wake "
      "alarm "
      "does not stand as it was set).\n.PP\n"
      "What is told stands in the store with what it tells of, and goes to each channel at least once unless "
      "it is "
      "given up: once, but for an answer that was lost, or a kill between the answer and the note of it. "
      "Mails keep "
      "their Message\\-ID and webhooks their Idempotency\\-Key then. What is not accepted is tried again "
      "after "
      "growing pauses, a service's Retry\\-After is kept, and given up after \\fIgive_up_after\\fR; what a "
      "service "
      "refuses (4xx, 5xx of mail) is given up at once. A channel sends \\fIburst\\fR messages at once and "
      "then one "
      "each \\fIinterval\\fR; what comes meanwhile is one message. run, and switching off, wait \\fIwait\\fR "
      "for "
      "what is not accepted; the rest goes with the next start.\n.PP\n"
      "Secrets are read from files or variables only, and never written; a file that others than its owner "
      "can read is refused. examples/config\\-notify.yaml has every channel.\n"
      ".TP\n\\fBchannels\\fR\nA list. Each has \\fItype\\fR; \\fIname\\fR, \\fIevents\\fR, \\fIburst\\fR "
      "(3), "
      "\\fIinterval\\fR (1m), \\fItimeout\\fR (30s), \\fIca_file\\fR.\n"
      ".TP\n\\fBemail\\fR\nserver (smtp://HOST:PORT with STARTTLS, smtps://HOST:PORT), user, password_file "
      "or "
      "password_env, from, to; encryption: none for a server without TLS.\n"
      ".TP\n\\fBwecom\\fR, \\fBserverchan\\fR\nkey_file or key_env; server.\n"
      ".TP\n\\fBtelegram\\fR\ntoken_file or token_env, chat; server.\n"
      ".TP\n\\fBntfy\\fR\ntopic, topic_file or topic_env; token_file or token_env; server.\n"
      ".TP\n\\fBwebhook\\fR\nurl, url_file or url_env; method (POST or PUT), content_type, headers (text, or "
      "{file: "
      "PATH} or {env: NAME}), token_file or token_env (a bearer token), body with {{event}}, {{title}}, "
      "{{text}}, "
      "{{done}}, {{failed}}, {{late}}, {{kwh}}, {{cost}}, {{currency}}, {{videos}}, {{key}}, {{time}}, "
      "{{host}}, {{picture}} (PNG in Base64), each "
      "escaped as the content type asks for.\n"
      ".TP\n\\fBdesktop\\fR\nThe session bus of the user that runs the program.\n"
      ".TP\n\\fBcontact_sheet\\fR (on), \\fBretry_delay\\fR (10s), \\fBgive_up_after\\fR (24h), \\fBwait\\fR "
      "(1m)\nOf all channels."};
}

std::vector<cli::ManualSection> reference() {
  return {
      {"TIMES",
       "RFC 3339 with an offset, \\fBnow\\fR, \\fB+90m\\fR, \\fB22:00\\fR (the next one), \\fBtomorrow "
       "06:30\\fR; "
       "without an offset in the zone of the tariff, or of the machine where no tariff is given."},
      {"TARIFFS",
       "A tariff is a YAML file: rates and the hours, days, seasons and holidays in which they hold, or a "
       "series of "
       "prices (CSV). \\fBturbodiff\\-sched tariff list\\fR names those that come with the program; files in "
       "$XDG_CONFIG_HOME/turbodiff/tariffs are found by name as well."},
      {"ENERGY",
       "While a job runs, GPUs are read through NVML and processors through RAPL twenty times a second; a "
       "smart plug "
       "(Shelly, Tasmota) that has the whole machine, where one is set, once a second. Between jobs counters "
       "are read "
       "every few minutes. At the wall the machine draws (GPU + processor + rest) / efficiency of the power "
       "supply x "
       "cooling; \\fBenergy calibrate\\fR fits the rest and the efficiency to a wall meter.\n.PP\n"
       "A job is \\fBmeasured\\fR when every part that varies with the load was: by a plug, or processor and "
       "GPU (where "
       "there is one) both by counters or power readings. Otherwise it is an \\fBestimate\\fR, and the "
       "method "
       "says what "
       "it rests on. Without any meter it is \\fIestimate.watts\\fR, or a guess, times the time.\n.PP\n"
       "Flags tell what went wrong: gpu\\-counter\\-missing, gpu\\-counter\\-reset, gpu\\-counter\\-wrapped, "
       "gpu\\-lost, "
       "rapl\\-wrapped, rapl\\-reset, rapl\\-lost, plug\\-lost, disagreement (counter and power readings are "
       "more than "
       "3 % apart), sparse (power readings too far apart), cut\\-off (the attempt's end was not seen).\n.PP\n"
       "RAPL is often for root only; \\fBchmod a+r /sys/class/powercap/*rapl*/energy_uj\\fR opens it until "
       "the "
       "next "
       "start of the machine.\n.PP\n"
       "Keys of the section \\fBenergy\\fR of the configuration file:\n"
       ".TP\n\\fBgpu\\fR, \\fBcpu\\fR\non or off: meter them.\n"
       ".TP\n\\fBgpus\\fR\nall, or numbers like 0,1.\n"
       ".TP\n\\fBplug_type\\fR, \\fBplug_url\\fR\nshelly, shelly2 (Gen 2 and later) or tasmota, and its "
       "address.\n"
       ".TP\n\\fBrest_watts\\fR\nPower of all but GPU and processor (30).\n"
       ".TP\n\\fBpsu_efficiency\\fR\nEfficiency of the power supply (0.9).\n"
       ".TP\n\\fBcooling\\fR\nWatts at the wall with cooling for each watt of the machine (1).\n"
       ".TP\n\\fBpowercap\\fR\nWhere RAPL's counters are (/sys/class/powercap)."},
      {"WATCH FOLDER",
       "With \\fB\\-\\-watch\\fR \\fIDIR\\fR or \\fIwatch.folder\\fR, run and daemon make jobs of the files "
       "that are "
       "dropped into the folder. A file moves to \\fIDIR\\fR/done once its jobs are in the store; one that "
       "gives no "
       "jobs moves to \\fIDIR\\fR/failed, beside \\fINAME\\fR.reason.txt. Each file is added exactly once, "
       "whatever "
       "happens in between.\n"
       ".TP\n\\fB.txt\\fR\nOne prompt a line, or JSON objects, as with \\fBadd \\-\\-prompts\\fR.\n"
       ".TP\n\\fB.jsonl\\fR\nOne JSON object a line.\n"
       ".TP\n\\fB.yaml\\fR, \\fB.yml\\fR, \\fB.json\\fR\nA prompt, an object, a list of these, or an object "
       "with "
       "\\fIprompts\\fR, a list of these, whose other keys hold for all.\n.PP\n"
       "Keys of an object are the long options of \\fBturbodiff generate\\fR, and when, priority, earliest, "
       "deadline, "
       "retries, group, hold, count as the options of \\fBadd\\fR. Relative file names are relative to "
       "\\fIDIR\\fR. "
       "Whether a deadline can be met at known prices is not asked; \\fBplan\\fR tells.\n.PP\n"
       "A file is taken once it was closed after writing or renamed into the folder and nobody has it open "
       "for "
       "writing, or once it has been the same for \\fIwatch.settle\\fR; an empty one after a minute. Hidden "
       "files, "
       "*.tmp, *.part, *.partial, *.crdownload, *.filepart, *.download, *.swp, *.bak and *~ are left alone, "
       "and so "
       "are copies of conflicts (*.sync\\-conflict\\-* and the like). "
       "The folder "
       "is read again at the start, each minute and after lost events; on a network file system every "
       "\\fIwatch.poll\\fR. A picture, and the text of the same name beside it, is refused: this version has "
       "no image to "
       "video. Files that are no jobs yet keep the machine on, temporary ones for 15 minutes.\n.PP\n"
       "Keys of the section \\fBwatch\\fR of the configuration file:\n"
       ".TP\n\\fBfolder\\fR\nThe folder.\n"
       ".TP\n\\fBoutput\\fR\nPattern of outputs as \\fB\\-\\-output\\fR, {file} is the name of the dropped "
       "file "
       "(videos/{date}\\-{file}\\-{index}.mp4).\n"
       ".TP\n\\fBsettle\\fR\nHow long a file must stay the same that was neither closed nor renamed (5s).\n"
       ".TP\n\\fBpoll\\fR\nBetween looks on a network file system (10s).\n"
       ".TP\n\\fBduplicates\\fR\nA file of the same name and content as an earlier one: \\fBskip\\fR adds no "
       "jobs and leaves the reason beside it, "
       "\\fBadd\\fR adds them again.\n"
       ".TP\n\\fBallow_paths\\fR\nWhether a dropped file may name outputs outside of the folder of "
       "\\fIoutput\\fR, and "
       "models and other files outside of the watch folder (off)."},
      {"SWITCHING OFF",
       "With \\fB\\-\\-on\\-finish\\fR shutdown, suspend or hibernate, run and daemon switch the machine off "
       "through "
       "systemd\\-logind once a batch is finished, or with shutdown(8) where there is no logind. Everyone "
       "logged in is told, and through the grace period the machine stays on as soon as one of these holds: "
       "a program holds a block lock on shutdown or sleep (systemd\\-inhibit(1)); someone is logged in; a "
       "job "
       "runs; a job may run at a time not known yet; a file lies in the inbox; an operator holds the "
       "machine; "
       "the next job starts soon; or being off until then saves less energy than booting takes.\n.PP\n"
       "\\fBturbodiff\\-sched power cancel\\fR, \\fBshutdown \\-c\\fR, SIGTERM to the program or the file "
       "\\fISTORE\\fR\\-files/stay\\-on end the grace period at once. run acts once; daemon once for each "
       "batch in which a job has run, and looks again when what stood against it is gone.\n.PP\n"
       "Where a job is planned later, the clock chip is set to wake the machine before it (power.boot_time "
       "and power.margin earlier), and read back; where that fails, the machine stays on.\n.PP\n"
       "Any other text is run with /bin/sh after the batch, with TURBODIFF_DONE and TURBODIFF_FAILED, the "
       "numbers of its jobs.\n.PP\n"
       "Settings in the configuration file: power.boot_time (90s), power.margin (2m), power.boot_wh (3), "
       "power.stay_before (15m), power.users (veto, others, ignore), power.inbox, power.wake_alarm "
       "(/sys/class/rtc/rtc0/wakealarm), power.shutdown_command (/sbin/shutdown), estimate.idle_watts (50)."},
      notifications(),
      {"ENVIRONMENT",
       ".TP\n\\fBTURBODIFF_STORE\\fR\nJob store, instead of $XDG_STATE_HOME/turbodiff/jobs.db.\n"
       ".TP\n\\fBTURBODIFF_TARIFF\\fR\nTariff file or name.\n"
       ".TP\n\\fBTURBODIFF_CONFIG\\fR\nConfiguration file.\n"
       ".TP\n\\fBTURBODIFF_WATTS\\fR\nPower while generating, where nothing measures it.\n"
       ".TP\n\\fBTURBODIFF_ENERGY_GPU\\fR, \\fBTURBODIFF_ENERGY_CPU\\fR, \\fBTURBODIFF_POWERCAP\\fR\nAs the "
       "keys "
       "energy.gpu, energy.cpu, energy.powercap.\n"
       ".TP\n\\fBNO_COLOR\\fR, \\fBCLICOLOR_FORCE\\fR\nTurn colours off, or on without a terminal."},
      {"FILES",
       ".TP\n\\fISTORE\\fR\nSQLite database of jobs, attempts, prices and energy.\n"
       ".TP\n\\fISTORE\\fR\\-files/\nLogs, checkpoints, prices, and contact\\-sheet.png of the last batch "
       "told of.\n"
       ".TP\n\\fISTORE\\fR\\-files/http\\-token\nThe token that 'http token' has made.\n"
       ".TP\n\\fISTORE\\fR\\-files/stay\\-on\nKeeps the machine on while it is there.\n"
       ".TP\n\\fISTORE\\fR.lock, \\fISTORE\\fR.bell\nThe lock of whoever runs the jobs, and what wakes it."},
      {"SIGNALS",
       "SIGTERM and SIGINT stop run and daemon; the running job leaves a checkpoint and is queued again. "
       "An attempt that ended unseen, by SIGKILL or with the machine, is billed until its last sign of life "
       "and up to a second (after a restart of the machine ten) more, with the flags cut\\-off and "
       "end\\-assumed. "
       "Where it had finished no step beyond those of earlier attempts it counts against "
       "\\fB\\-\\-retries\\fR; "
       "after them the job is held, and a notice of a failure goes out. "
       "SIGHUP reads "
       "the tariff again."},
      {"EXIT STATUS",
       ".TP\n0\nDone.\n.TP\n1\nThe work failed.\n.TP\n2\nThe request or a file is wrong.\n"
       ".TP\n3\nThere is no such job or model.\n.TP\n4\nRefused by a limit: a deadline that cannot be met, a "
       "store that "
       "another process runs, disk.\n.TP\n130\nInterrupted."},
      {"SEE ALSO", "\\fBturbodiff\\fR(1)"}};
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
