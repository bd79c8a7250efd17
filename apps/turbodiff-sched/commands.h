// The commands of turbodiff-sched, one file each (cmd_<name>.cpp).
#pragma once

#include "queue.h"

namespace turbodiff::app {

void add_add(Queue& queue);
void add_list(Queue& queue);  ///< list and status
void add_show(Queue& queue);  ///< show and log
void add_edit(Queue& queue);
void add_change(Queue& queue);  ///< hold, release, cancel, retry, remove, pause and resume
void add_wait(Queue& queue);
void add_tariff(Queue& queue);
void add_plan(Queue& queue);
void add_run(Queue& queue);  ///< run and daemon
void add_restart_worker(Queue& queue);
void add_energy(Queue& queue);
void add_report(Queue& queue);
void add_power(Queue& queue);
void add_notify(Queue& queue);
void add_http(Queue& queue);  ///< http token
void add_install_service(Queue& queue);
void add_completion(Queue& queue);
/// Prints the manual page; not listed in the help.
void add_manual(Queue& queue);

}  // namespace turbodiff::app
