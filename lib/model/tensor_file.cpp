#include "model/tensor_file.h"

#include <ATen/ATen.h>

#include "model/parameters.h"
#include "weights/safetensors_writer.h"

namespace turbodiff::model {

void save_tensors(const std::filesystem::path& path,
                  const std::vector<std::pair<std::string, at::Tensor>>& tensors,
                  const std::map<std::string, std::string>& metadata, core::Readers readers) {
  std::vector<at::Tensor> values;
  std::vector<weights::TensorData> data;
  for (const auto& [name, tensor] : tensors) {
    const bool wide = tensor.scalar_type() == at::kDouble;
    values.push_back(tensor.to(at::kCPU, wide ? at::kDouble : at::kFloat).contiguous());
    const at::Tensor& value = values.back();
    data.push_back({{name, wide ? Dtype::f64 : Dtype::f32, value.sizes().vec()},
                    {static_cast<const std::uint8_t*>(value.const_data_ptr()), value.nbytes()}});
  }
  core::OutputFile file(path, /*force=*/true, readers);
  weights::write_safetensors(file.temp_path(), data, metadata);
  file.commit();
}

at::Tensor load_tensor(const weights::TensorSource& file, std::string_view name) {
  const weights::TensorView& view = file.at(name);
  if (view.dtype == Dtype::f64) return wrap(view).clone();
  at::Tensor values = at::empty(view.shape, at::kFloat);
  weights::read_as_f32(view, values.mutable_data_ptr<float>());
  return values;
}

}  // namespace turbodiff::model
