#include "layers_test/source_scan.h"
#include "testing.h"

using turbodiff::testing::find_violations;
using turbodiff::testing::TempDir;
namespace fs = std::filesystem;

namespace {

class Tree {
 public:
  Tree& file(const std::string& name, const std::string& text) {
    fs::create_directories((folder_ / name).parent_path());
    turbodiff::testing::write_file(folder_ / name, text);
    return *this;
  }
  std::vector<std::string> violations() const { return find_violations(folder_.path()); }

 private:
  TempDir folder_;
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("the project keeps its layers and its files short") {
  const fs::path root = TURBODIFF_SOURCE_DIR;
  REQUIRE(fs::is_regular_file(root / "lib/core/error.h"));
  for (const std::string& violation : find_violations(root)) FAIL_CHECK(violation);
}

TEST_CASE("includes along the layers pass, also several layers down") {
  Tree tree;
  tree.file("lib/core/error.h", "#include <string>\n")
      .file("lib/spec/request.h", "#include \"core/error.h\"\n")
      .file("lib/weights/source.h", "#include \"core/error.h\"\n#include \"spec/request.h\"\n")
      .file("kernels/common/launch.h", "#include <cuda_runtime.h>\n")
      .file("kernels/gemm/gemm.cu", "#include \"common/launch.h\"\n#include \"gemm.h\"\n")
      .file("kernels/gemm/gemm.h", "")
      .file("lib/ops/linear.h", "#include <ATen/core/Tensor.h>\n#include \"gemm/gemm.h\"\n")
      .file("lib/model/dit.cpp", "#include \"ops/linear.h\"\n#include \"weights/source.h\"\n")
      .file("lib/pipeline/run.cpp", "#include \"model/dit.cpp\"\n#include \"core/error.h\"\n")
      .file("lib/runner/daemon.cpp", "#include \"spec/request.h\"\n")
      .file("apps/turbodiff-sched/main.cpp", "#include \"runner/daemon.cpp\"\n")
      .file("apps/turbodiff/main.cpp", "  #  include \"pipeline/run.cpp\"\n")
      .file("lib/core/table.inc", std::string(2000, '\n'));
  CHECK(tree.violations() == Lines{});
}

TEST_CASE("includes against the layers are found") {
  Tree tree;
  tree.file("lib/core/error.h", "")
      .file("lib/spec/request.h", "")
      .file("lib/core/up.h", "\n#include \"spec/request.h\"\n")
      .file("lib/store/job.h", "#include <torch/torch.h>\n")
      .file("lib/spec/tensor.h", "#include <ATen/ATen.h>\n")
      .file("lib/model/dit.h", "#include \"store/job.h\"\n")
      .file("lib/runner/run.h", "#include \"model/dit.h\"\n")
      .file("lib/ops/op.h", "# include <model/dit.h>\n")
      .file("kernels/gemm/gemm.cu", "#include \"core/error.h\"\n")
      .file("apps/turbodiff-sched/main.cpp", "#include \"ops/op.h\"\n")
      .file("lib/text/a.cpp", "#include \"nothing.h\"\n")
      .file("lib/unknown/a.cpp", "");
  CHECK(tree.violations() ==
        Lines{
            "apps/turbodiff-sched/main.cpp:1: apps/turbodiff-sched may not include ops (ops/op.h)",
            "kernels/gemm/gemm.cu:1: kernels may not include core (core/error.h)",
            "lib/core/up.h:2: core may not include spec (spec/request.h)",
            "lib/model/dit.h:1: model may not include store (store/job.h)",
            "lib/ops/op.h:1: ops may not include model (model/dit.h)",
            "lib/runner/run.h:1: runner may not include model (model/dit.h)",
            "lib/spec/tensor.h:1: spec must do without torch, but includes <ATen/ATen.h>",
            "lib/store/job.h:1: store must do without torch, but includes <torch/torch.h>",
            "lib/text/a.cpp:1: \"nothing.h\" is no file of ours; write <...>",
            "lib/unknown/a.cpp:1: 'unknown' has no place in the layers",
        });
}

TEST_CASE("a file may have 500 lines and not one more") {
  Tree tree;
  tree.file("lib/core/long.cpp", std::string(500, '\n'))
      .file("tests/core/a_test.cpp", std::string(501, '\n'));
  CHECK(tree.violations() == Lines{"tests/core/a_test.cpp:501: 501 lines; the limit is 500"});
}
