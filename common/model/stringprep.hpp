// String preparation (RFC 4518): makes strings that people take for the same the same code points.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace replkit::model {

enum class CaseFold : std::uint8_t { keep, fold };

// Puts into `out` the code points of `utf8` after mapping (with case folding by RFC 3454 B.2 on demand), NFKC and the
// check for prohibited ones (RFC 4518 2.1 to 2.4); spaces are left to squeeze_spaces(). Returns false when `utf8` is
// malformed, holds a prohibited or (as of Unicode 3.2) unassigned code point, or over 1000 combining marks in a row.
bool prepare_string(std::string_view utf8, CaseFold fold, std::u32string& out);

// What becomes of the spaces at one end of a string.
enum class EdgeSpace : std::uint8_t { none, one_if_any, one };

// Appends `prepared` to `out` in UTF-8 with its insignificant spaces (RFC 4518 2.6.1) in one form: the ends as told, a
// run within as `inner` spaces. A space that carries a combining mark is no space. Only spaces: one if `front` or
// `back` keeps one.
void squeeze_spaces(std::u32string_view prepared, EdgeSpace front, EdgeSpace back, std::size_t inner, std::string& out);

// Appends one code point in UTF-8.
void append_utf8(char32_t c, std::string& out);

// Whether the code point is a combining mark (RFC 4518 appendix A).
bool is_combining_mark(char32_t c);

}  // namespace replkit::model
