// The commands below turbodiff cost, one file each (cost_<name>.cpp).
#pragma once

#include "cost_context.h"

namespace turbodiff::app {

void add_cost_video(cli::Program& program, CLI::App& parent, CostFlags& flags);
void add_cost_rent(cli::Program& program, CLI::App& parent, CostFlags& flags);
void add_cost_buy(cli::Program& program, CLI::App& parent, CostFlags& flags);
void add_cost_gpus(cli::Program& program, CLI::App& parent, CostFlags& flags);
void add_cost_route(cli::Program& program, CLI::App& parent, CostFlags& flags);

}  // namespace turbodiff::app
