// parity GOLDEN [CASE,CASE...]: runs every case of a folder laid out like the golden set against the library
// and prints `name  rel_err  tolerance  ok|FAIL|unsupported`, a line a case. Exit 1 if one is not ok.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/error.h"
#include "parity/golden.h"

namespace {

namespace fs = std::filesystem;
using turbodiff::parity::Report;
using Checker = void (*)(const fs::path&, Report&);

/// By folder name.
const std::map<std::string, Checker>& checkers() {
  using namespace turbodiff::parity;
  static const std::map<std::string, Checker> known{{"01_tokenizer", check_tokenizer},
                                                    {"02_umt5", check_umt5},
                                                    {"03_vae21", check_vae21},
                                                    {"04_vae22", list_unsupported},
                                                    {"05_dit21_t2v", check_dit_t2v},
                                                    {"06_dit22_i2v", list_unsupported},
                                                    {"07_dit_ti2v5b", list_unsupported},
                                                    {"08_sampler", check_sampler},
                                                    {"09_sla", check_sla},
                                                    {"10_int8linear", check_int8},
                                                    {"11_pipeline", check_pipeline},
                                                    {"12_gguf", check_gguf},
                                                    {"13_pth_edge", check_pth}};
  return known;
}

int run(const fs::path& golden, std::vector<std::string> selection) {
  const c10::InferenceMode inference;
  if (!fs::is_directory(golden))
    throw turbodiff::Error::bad_request(fmt::format("'{}' is not a folder", golden.string()),
                                        "pass the golden set: make parity GOLDEN=DIR");
  Report report(std::move(selection));
  std::set<std::string> unknown;
  for (const auto& entry : fs::directory_iterator(golden))
    if (entry.is_directory() && !checkers().contains(entry.path().filename()))
      unknown.insert(entry.path().filename());
  for (const auto& [name, checker] : checkers()) {
    if (!report.wants_folder(name)) continue;
    const int before = report.count();
    try {
      if (fs::is_directory(golden / name)) checker(golden / name, report);
    } catch (const std::exception& error) {
      report.failed(name, error.what());
    }
    if (report.count() == before) report.failed(name, "no case found");
  }
  for (const std::string& name : unknown)
    if (report.wants_folder(name))
      report.failed(name, "not a folder of the golden set that this version knows");
  fmt::print(stderr, "{} cases, {} not ok\n", report.count(), report.failures());
  return report.all_ok() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    fmt::print(stderr, "usage: parity GOLDEN [CASE,CASE...]\n");
    return 2;
  }
  try {
    std::vector<std::string> selection;
    std::string rest = argc == 3 ? argv[2] : "";
    std::replace_if(
        rest.begin(), rest.end(), [](char c) { return c == '\n' || c == ' '; }, ',');
    for (std::size_t at = 0; at < rest.size();) {
      const std::size_t end = std::min(rest.find(',', at), rest.size());
      if (end > at) selection.push_back(rest.substr(at, end - at));
      at = end + 1;
    }
    return run(argv[1], std::move(selection));
  } catch (const turbodiff::Error& error) {
    fmt::print(stderr, "parity: {}{}{}\n", error.message(), error.hint().empty() ? "" : "; ", error.hint());
    return static_cast<int>(error.code());
  }
}
