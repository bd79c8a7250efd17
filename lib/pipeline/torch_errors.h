// LibTorch's exceptions as Errors of one line. Internal to lib/pipeline.
#pragma once

#include <c10/util/Exception.h>

#include <new>
#include <string>

#include "core/error.h"

namespace turbodiff::pipeline {

/// Calls `work`; an exception of LibTorch becomes Error refused when memory ran out, else work_failed.
template <typename Work>
decltype(auto) with_torch_errors(const Work& work) {
  const auto first_line = [](const std::string& text) { return text.substr(0, text.find('\n')); };
  constexpr const char* less = "lower --size or --frames, or close other programs";
  try {
    return work();
  } catch (const c10::OutOfMemoryError& error) {
    throw Error::refused("out of memory: " + first_line(error.what_without_backtrace()), less);
  } catch (const c10::Error& error) {
    const std::string text = first_line(error.what_without_backtrace());
    if (text.find("allocate memory") != std::string::npos)
      throw Error::refused("out of memory: " + text, less);
    throw Error::work_failed("LibTorch: " + text);
  } catch (const std::bad_alloc&) {
    throw Error::refused("out of memory", less);
  }
}

}  // namespace turbodiff::pipeline
