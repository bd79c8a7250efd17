// classify_clip CLIP.npy...: one JSON line a clip, in the form of tools/demo-model/demo_model/classify.py.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "demo/classify.h"
#include "demo/npy.h"

using namespace turbodiff;

namespace {

nlohmann::ordered_json to_json(const std::string& path, const demo::Classification& found) {
  const demo::Attributes& a = found.attributes;
  nlohmann::ordered_json out{{"path", path},
                             {"color", a.color},
                             {"shape", a.shape},
                             {"motion", a.motion},
                             {"background", a.background}};
  if (const auto& m = found.measurements) {
    out["measurements"] = {
        {"dx", m->dx}, {"dy", m->dy}, {"area_ratio", m->area_ratio}, {"iou", m->iou}, {"rgb", m->rgb}};
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: classify_clip CLIP.npy...\n", stderr);
    return 2;
  }
  try {
    for (int i = 1; i < argc; ++i) {
      const demo::Clip clip = demo::read_npy(argv[i]);
      std::puts(to_json(argv[i], demo::classify(clip.frames())).dump().c_str());
    }
  } catch (const Error& error) {
    std::fprintf(stderr, "%s; %s\n", error.what(), error.hint().c_str());
    return static_cast<int>(error.code());
  }
  return 0;
}
