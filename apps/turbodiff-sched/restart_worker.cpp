// turbodiff-sched restart-worker
#include "restart_worker.h"

#include <signal.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "store/store_lock.h"

namespace turbodiff::app {

void restart_worker(Queue& queue) {
  const store::ProcessIdentity runner = queue.store().runner().process;
  const bool runs = store::is_locked(queue.store_file()) && store::is_alive(runner);
  if (!runs || ::kill(static_cast<pid_t>(runner.pid), SIGUSR1) != 0)
    throw Error::refused("nothing runs the queue, so there is no worker",
                         "start 'turbodiff-sched daemon', as the same user");
}

void add_restart_worker(Queue& queue) {
  CLI::App& command = queue.program().add_command(
      "restart-worker", "Stop the daemon's engine, which frees the GPU's memory; the queue is kept",
      [&queue](cli::Program& program) {
        restart_worker(queue);
        if (program.flags().json) program.print_json({{"worker", "restarting"}});
      });
  command.footer("A running job is queued again without using up a retry, and resumes from its checkpoint.");
}

}  // namespace turbodiff::app
