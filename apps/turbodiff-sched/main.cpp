// turbodiff-sched: jobs that run when electricity is cheap.
#include "cli/program.h"
#include "commands.h"

int main(int argc, char** argv) {
  using namespace turbodiff;
  return cli::guarded([&] {
    cli::Program program({.name = "turbodiff-sched",
                          .version = TURBODIFF_VERSION,
                          .summary = "Queue generations and run them when electricity is cheap",
                          .notes = "Examples:\n"
                                   "  turbodiff-sched add \"a red circle moving right\" -o circle.mp4\n"
                                   "  printf 'a fox\\nan owl\\n' | turbodiff-sched add - --deadline +48h\n"
                                   "  turbodiff-sched --tariff cn-two-rate plan\n"
                                   "  turbodiff-sched --tariff cn-two-rate run --once\n"
                                   "  turbodiff-sched list"});
    app::Queue queue(program);
    app::add_add(queue);
    app::add_list(queue);
    app::add_show(queue);
    app::add_edit(queue);
    app::add_change(queue);
    app::add_wait(queue);
    app::add_tariff(queue);
    app::add_plan(queue);
    app::add_run(queue);
    app::add_restart_worker(queue);
    app::add_energy(queue);
    app::add_report(queue);
    app::add_power(queue);
    app::add_notify(queue);
    app::add_http(queue);
    app::add_install_service(queue);
    app::add_completion(queue);
    app::add_manual(queue);
    return program.run(argc, argv);
  });
}
