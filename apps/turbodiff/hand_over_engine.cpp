// In the programs without LibTorch: what needs it is left to turbodiff-engine.
#include "diagnosis.h"
#include "engine_commands.h"
#include "model_details.h"
#include "private_program.h"

namespace turbodiff::app {

void run_generate(cli::Program& program, const GenerateFlags&) {
  hand_over(program, "engine");
}
void run_bench(cli::Program& program, const BenchFlags&) {
  hand_over(program, "engine");
}
void run_convert(cli::Program& program, const ConvertFlags&) {
  hand_over(program, "engine");
}
void run_worker(cli::Program& program) {
  hand_over(program, "engine");
}
std::vector<Check> run_checks(cli::Program& program) {
  hand_over(program, "engine");
}
nlohmann::ordered_json networks_json(cli::Program& program, const spec::ModelFiles&) {
  hand_over(program, "engine");
}
std::string problem_of(cli::Program& program, const spec::Model& model) {
  if (!model.problem.empty() || !model.complete() || model.files.dit.empty()) return model.problem;
  hand_over(program, "engine");
}
VerifiedModel verify_model(cli::Program& program, const spec::Model&, spec::FingerprintCache&, bool) {
  hand_over(program, "engine");
}

}  // namespace turbodiff::app
