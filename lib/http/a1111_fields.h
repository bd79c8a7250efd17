// Fields of the txt2img API of stable-diffusion-webui, which its clients send whether they matter here or
// not.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace turbodiff::http {

/// Removes the fields of that API from a posted object: those with an equivalent are translated (batch_size x
/// n_iter, sampler_name), the others are dropped, and with them a number of steps that only undistilled
/// models need. Returns what was dropped or changed, for people; a field without information (null, "",
/// false, an empty list) is dropped silently. Never throws.
std::vector<std::string> adapt_a1111_fields(nlohmann::ordered_json& object);

/// The names of those fields.
std::vector<std::string_view> a1111_fields();

}  // namespace turbodiff::http
