// Decoding of all text input: arguments, files, dropped files, bodies of requests.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace turbodiff::core {

/// Receives a line for the user about how a text was decoded ("night.txt: read as GB18030"). May be empty.
using TextNote = std::function<void(const std::string& line)>;

/// `bytes` as UTF-8 without a byte order mark. Accepted are UTF-8, UTF-16 with a byte order mark, and GB18030
/// (so GBK and GB2312 too) where that is plausible; the last is reported to `note`. Error bad_request, with
/// `name`, line and offset, for other encodings and for a NUL character.
///
/// Bytes in some other encoding (Latin-1, KOI8-R, EUC-KR, Big5, ...) may happen to be valid GB18030. They are
/// read as GB18030 only when at least half of the characters are the punctuation and the 3755 everyday
/// characters of GB2312 (or they are one short word), at most an eighth are kana or lie outside GB2312, at
/// most a quarter stand alone beside Latin letters (as a misread accented letter does), and they look neither
/// like Korean (all from the rows where EUC-KR has its Hangul, and many or between blanks) nor like Cyrillic
/// or Greek words of three letters and more. Where it is in doubt, text is refused: a wrong video costs more
/// than a question. Words of two or three syllables in other encodings can still pass; hence the note.
std::string incoming_text(std::string_view bytes, const std::string& name, const TextNote& note = {});

/// The note of incoming_text() about a file that another part has read without a log; mostly nothing.
std::optional<std::string> note_of_file(const std::filesystem::path& path);

/// The reason why `text` cannot be a prompt or a name: "holds ..." for ill-formed UTF-8 (surrogates too),
/// control characters (C0 and C1) other than tab and line ends, noncharacters, and U+FFFD, which marks a
/// character that an earlier conversion lost. Nothing when the text is valid.
std::optional<std::string> text_problem(std::string_view text);

/// Whether the text is invisible: no character but white space of any script, zero-width characters included.
bool is_blank(std::string_view text);

}  // namespace turbodiff::core
