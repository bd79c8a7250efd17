// Fields of the txt2img API of stable-diffusion-webui, which clients made for it send whether they matter or
// not.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace turbodiff::connect {

/// Takes the fields of that API, which are none of ours, out of a posted object: those that mean the same
/// here become ours (batch_size x n_iter, sampler_name), the others are dropped, and with them a number of
/// steps that only undistilled models need. Returns what was left out or changed, for people; a field whose
/// value says nothing (null, "", false, an empty list) goes without a word. Never throws.
std::vector<std::string> adapt_a1111_fields(nlohmann::ordered_json& object);

/// Those fields.
std::vector<std::string_view> a1111_fields();

}  // namespace turbodiff::connect
