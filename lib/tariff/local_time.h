// Times in text: RFC 3339, and the other forms that the command line accepts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tariff/local_zone.h"

namespace turbodiff::tariff {

/// "2026-10-25T02:30:00+01:00", with "Z", a blank for the T, without seconds or with a fraction (which is cut
/// off). Years 1970 to 2199. Nothing when the text is no such time or has no offset; `fraction`, when given,
/// tells whether a fraction other than 0 was cut off.
std::optional<Seconds> parse_rfc3339(std::string_view text, bool* fraction = nullptr);

/// A time on the command line, in `zone`:
///   now                 | `now`
///   +90m, +2h, +1d      | elapsed time after `now`
///   22:00               | the next instant after `now` at which the wall clock shows 22:00
///   today 22:00         | on the local day of `now`; also `tomorrow 06:30`
///   2026-10-25 06:30    | a local date and time; a date alone is its first instant
///   RFC 3339            | with an offset
/// A local time that the clock skips in spring means the instant of the jump (02:30 becomes 03:00); one that
/// it shows twice in autumn means the first, except that "the next 02:30" between the two is the second.
/// Error bad_request names `option`.
Seconds parse_time(std::string_view text, const LocalZone& zone, Seconds now, std::string_view option);

/// "2026-10-25T00:30:00Z"
std::string format_utc(Seconds instant);
/// "2026-10-25T02:30:00+02:00"
std::string format_rfc3339(Seconds instant, const LocalZone& zone);
/// "2026-10-25 02:30", with seconds where they are not 0.
std::string format_local(Seconds instant, const LocalZone& zone);
/// "2026-10-25"
std::string format_date(LocalDay day);
/// "2026-10-25" or nothing.
std::optional<LocalDay> parse_date(std::string_view text);
/// "HH:MM" as seconds after midnight; 24:00 only with `end_of_day`.
std::optional<Seconds> parse_clock(std::string_view text, bool end_of_day = false);

}  // namespace turbodiff::tariff
