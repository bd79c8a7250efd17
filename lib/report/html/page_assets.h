// The style sheet and the script of a report's page.
#pragma once

#include <string>
#include <string_view>

namespace turbodiff::report {

/// Light or dark according to the reader's setting, narrow below 700 px, plain on paper. The palette is that
/// of Okabe and Ito, which people with any kind of colour blindness can distinguish, lightened for dark mode.
std::string_view page_style();

/// Sorts the table when a heading is clicked. The page is complete without it.
std::string_view page_script();

/// "'sha256-...'" of a text between <style> or <script> tags, for a content security policy.
std::string policy_hash(std::string_view text);

}  // namespace turbodiff::report
