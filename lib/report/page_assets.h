// The style sheet and the script of a report's page.
#pragma once

#include <string>
#include <string_view>

namespace turbodiff::report {

/// Light and dark after the reader's setting, narrow below 700 px, plain on paper. The palette is that of
/// Okabe and Ito, which people with any kind of colour blindness can tell apart, lightened for the dark.
std::string_view page_style();

/// Sorts the table when a heading is pressed. Without it the page is complete as well.
std::string_view page_script();

/// "'sha256-...'" of a text between <style> or <script> tags, for a content security policy.
std::string policy_hash(std::string_view text);

}  // namespace turbodiff::report
