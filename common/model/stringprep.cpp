#include "common/model/stringprep.hpp"

#include <idn-free.h>
#include <stringprep.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <span>
#include <vector>

#include "common/base/text.hpp"

namespace replkit::model {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// RFC 4518 appendix A: the code points of Unicode 3.2 with the property Mn, Mc or Me.
constexpr Range combining_ranges[] = {
    {0x0300, 0x034F},   {0x0360, 0x036F},   {0x0483, 0x0486},   {0x0488, 0x0489},   {0x0591, 0x05A1},
    {0x05A3, 0x05B9},   {0x05BB, 0x05BD},   {0x05BF, 0x05BF},   {0x05C1, 0x05C2},   {0x05C4, 0x05C4},
    {0x064B, 0x0655},   {0x0670, 0x0670},   {0x06D6, 0x06DC},   {0x06DE, 0x06E4},   {0x06E7, 0x06E8},
    {0x06EA, 0x06ED},   {0x0711, 0x0711},   {0x0730, 0x074A},   {0x07A6, 0x07B0},   {0x0901, 0x0903},
    {0x093C, 0x093C},   {0x093E, 0x094D},   {0x0951, 0x0954},   {0x0962, 0x0963},   {0x0981, 0x0983},
    {0x09BC, 0x09BC},   {0x09BE, 0x09C4},   {0x09C7, 0x09C8},   {0x09CB, 0x09CD},   {0x09D7, 0x09D7},
    {0x09E2, 0x09E3},   {0x0A02, 0x0A02},   {0x0A3C, 0x0A3C},   {0x0A3E, 0x0A42},   {0x0A47, 0x0A48},
    {0x0A4B, 0x0A4D},   {0x0A70, 0x0A71},   {0x0A81, 0x0A83},   {0x0ABC, 0x0ABC},   {0x0ABE, 0x0AC5},
    {0x0AC7, 0x0AC9},   {0x0ACB, 0x0ACD},   {0x0B01, 0x0B03},   {0x0B3C, 0x0B3C},   {0x0B3E, 0x0B43},
    {0x0B47, 0x0B48},   {0x0B4B, 0x0B4D},   {0x0B56, 0x0B57},   {0x0B82, 0x0B82},   {0x0BBE, 0x0BC2},
    {0x0BC6, 0x0BC8},   {0x0BCA, 0x0BCD},   {0x0BD7, 0x0BD7},   {0x0C01, 0x0C03},   {0x0C3E, 0x0C44},
    {0x0C46, 0x0C48},   {0x0C4A, 0x0C4D},   {0x0C55, 0x0C56},   {0x0C82, 0x0C83},   {0x0CBE, 0x0CC4},
    {0x0CC6, 0x0CC8},   {0x0CCA, 0x0CCD},   {0x0CD5, 0x0CD6},   {0x0D02, 0x0D03},   {0x0D3E, 0x0D43},
    {0x0D46, 0x0D48},   {0x0D4A, 0x0D4D},   {0x0D57, 0x0D57},   {0x0D82, 0x0D83},   {0x0DCA, 0x0DCA},
    {0x0DCF, 0x0DD4},   {0x0DD6, 0x0DD6},   {0x0DD8, 0x0DDF},   {0x0DF2, 0x0DF3},   {0x0E31, 0x0E31},
    {0x0E34, 0x0E3A},   {0x0E47, 0x0E4E},   {0x0EB1, 0x0EB1},   {0x0EB4, 0x0EB9},   {0x0EBB, 0x0EBC},
    {0x0EC8, 0x0ECD},   {0x0F18, 0x0F19},   {0x0F35, 0x0F35},   {0x0F37, 0x0F37},   {0x0F39, 0x0F39},
    {0x0F3E, 0x0F3F},   {0x0F71, 0x0F84},   {0x0F86, 0x0F87},   {0x0F90, 0x0F97},   {0x0F99, 0x0FBC},
    {0x0FC6, 0x0FC6},   {0x102C, 0x1032},   {0x1036, 0x1039},   {0x1056, 0x1059},   {0x1712, 0x1714},
    {0x1732, 0x1734},   {0x1752, 0x1753},   {0x1772, 0x1773},   {0x17B4, 0x17D3},   {0x180B, 0x180D},
    {0x18A9, 0x18A9},   {0x20D0, 0x20EA},   {0x302A, 0x302F},   {0x3099, 0x309A},   {0xFB1E, 0xFB1E},
    {0xFE00, 0xFE0F},   {0xFE20, 0xFE23},   {0x1D165, 0x1D169}, {0x1D16D, 0x1D172}, {0x1D17B, 0x1D182},
    {0x1D185, 0x1D18B}, {0x1D1AA, 0x1D1AD},
};

// RFC 4518 2.2: what is mapped to nothing. 0x00AD to 0xFFFC are the first paragraph's, the rest are control functions.
constexpr Range dropped_ranges[] = {
    {0x0000, 0x0008}, {0x000E, 0x001F}, {0x007F, 0x0084},   {0x0086, 0x009F},   {0x00AD, 0x00AD},
    {0x034F, 0x034F}, {0x06DD, 0x06DD}, {0x070F, 0x070F},   {0x1806, 0x1806},   {0x180B, 0x180E},
    {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2063},   {0x206A, 0x206F},   {0xFE00, 0xFE0F},
    {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFC}, {0x1D173, 0x1D17A}, {0xE0001, 0xE0001}, {0xE0020, 0xE007F},
};

// RFC 4518 2.2: what is mapped to SPACE.
constexpr Range space_ranges[] = {
    {0x0009, 0x000D}, {0x0020, 0x0020}, {0x0085, 0x0085}, {0x00A0, 0x00A0}, {0x1680, 0x1680},
    {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000},
};

bool contains(std::span<const Range> ranges, char32_t c) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), c,
                                      [](char32_t value, const Range& range) { return value < range.first; });
  return after != ranges.begin() && c <= std::prev(after)->last;
}

// A table of RFC 3454 as libidn holds it: sorted, ended by an element of zeros.
class Table {
 public:
  explicit Table(const Stringprep_table_element* elements) : elements_(elements) {
    while (elements_[size_].start != 0) ++size_;
  }

  const Stringprep_table_element* find(char32_t c) const {
    const auto* end = elements_ + size_;
    const auto* after =
        std::upper_bound(elements_, end, c, [](char32_t value, const auto& element) { return value < element.start; });
    if (after == elements_) return nullptr;
    const auto* found = after - 1;
    return c <= (found->end != 0 ? found->end : found->start) ? found : nullptr;
  }

 private:
  const Stringprep_table_element* elements_;
  std::size_t size_ = 0;
};

// Decodes the code point at `text[at]` and moves on; `text` is well-formed.
char32_t take_code_point(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  if (lead < 0x80) return lead;
  const int more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  char32_t c = lead & (0x3FU >> more);
  for (int i = 0; i < more; ++i) c = c << 6 | (static_cast<unsigned char>(text[at++]) & 0x3FU);
  return c;
}

// RFC 4518 2.2. libidn's own mapping starts over after each replacement, which is quadratic; so only its tables are
// used.
void append_mapped(char32_t c, CaseFold fold, std::u32string& out) {
  static const Table case_folding(stringprep_rfc3454_B_2);
  if (c < 0x7F && c > 0x20) {
    out += fold == CaseFold::fold ? static_cast<char32_t>(ascii_lower(static_cast<char>(c))) : c;
  } else if (contains(space_ranges, c)) {
    out += U' ';
  } else if (contains(dropped_ranges, c)) {
    return;
  } else if (const auto* element = fold == CaseFold::fold ? case_folding.find(c) : nullptr) {
    for (const auto mapped : element->map) {
      if (mapped == 0) break;
      out += static_cast<char32_t>(mapped);
    }
  } else {
    out += c;
  }
}

// Whether NFKC leaves a string of such code points as it is: letters that neither decompose for compatibility nor
// combine.
bool is_nfkc_inert(char32_t c) {
  return c < 0x80 || (c >= 0xC0 && c <= 0x131) || (c >= 0x400 && c <= 0x481) || (c >= 0x4E00 && c <= 0x9FA5);
}

// Letters that NFKC may merge into what stands before them though they are no marks: Hangul vowels and finals, kana's
// sound marks.
constexpr Range joining_ranges[] = {
    {0x1161, 0x1175}, {0x11A8, 0x11C2}, {0x3133, 0x3133}, {0x3135, 0x3136}, {0x313A, 0x313F},
    {0x314F, 0x3163}, {0xFF9E, 0xFF9F}, {0xFFA3, 0xFFA3}, {0xFFA5, 0xFFA6}, {0xFFAA, 0xFFAF},
    {0xFFC2, 0xFFC7}, {0xFFCA, 0xFFCF}, {0xFFD2, 0xFFD7}, {0xFFDA, 0xFFDC},
};

// Returns the length of a front of `text` that NFKC treats the same with and without what follows. libidn moves the
// rest of its input at each composition, so only short pieces keep the cost linear.
std::size_t nfkc_piece(std::u32string_view text) {
  constexpr std::size_t enough = 256;
  for (auto i = enough; i < text.size(); ++i) {
    if (!is_combining_mark(text[i]) && !contains(joining_ranges, text[i])) return i;
  }
  return text.size();
}

bool apply_nfkc(std::u32string& text) {
  if (std::all_of(text.begin(), text.end(), is_nfkc_inert)) return true;
  std::u32string normal;
  std::vector<std::uint32_t> input;
  for (std::u32string_view rest = text; !rest.empty();) {
    const auto piece = rest.substr(0, nfkc_piece(rest));
    rest.remove_prefix(piece.size());
    input.assign(piece.begin(), piece.end());
    const std::unique_ptr<std::uint32_t, void (*)(void*)> output(
        stringprep_ucs4_nfkc_normalize(input.data(), static_cast<ssize_t>(input.size())), idn_free);
    if (!output) return false;
    for (const auto* c = output.get(); *c != 0; ++c) normal += static_cast<char32_t>(*c);
  }
  text = std::move(normal);
  return true;
}

// RFC 4518 2.4. Surrogates cannot come out of well-formed UTF-8.
bool is_prohibited(char32_t c) {
  if (c < 0x80) return false;
  static const Table tables[] = {Table(stringprep_rfc3454_A_1), Table(stringprep_rfc3454_C_3),
                                 Table(stringprep_rfc3454_C_4), Table(stringprep_rfc3454_C_8)};
  return c == 0xFFFD || std::any_of(std::begin(tables), std::end(tables),
                                    [&](const Table& table) { return table.find(c) != nullptr; });
}

// libidn sorts the marks after a letter by exchange, so a hostile run would cost its length squared.
bool has_long_run_of_marks(std::u32string_view text) {
  constexpr std::size_t limit = 1000;
  std::size_t run = 0;
  return std::any_of(text.begin(), text.end(), [&](char32_t c) {
    run = is_combining_mark(c) ? run + 1 : 0;
    return run > limit;
  });
}

}  // namespace

bool is_combining_mark(char32_t c) {
  return c >= 0x300 && contains(combining_ranges, c);
}

void append_utf8(char32_t c, std::string& out) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

bool prepare_string(std::string_view utf8, CaseFold fold, std::u32string& out) {
  out.clear();
  if (!is_utf8(utf8)) return false;
  out.reserve(utf8.size());
  for (std::size_t at = 0; at < utf8.size();) append_mapped(take_code_point(utf8, at), fold, out);
  if (has_long_run_of_marks(out) || !apply_nfkc(out)) return false;
  return std::none_of(out.begin(), out.end(), is_prohibited);
}

void squeeze_spaces(std::u32string_view prepared, EdgeSpace front, EdgeSpace back, std::size_t inner,
                    std::string& out) {
  const auto is_space = [&](std::size_t i) {
    return prepared[i] == U' ' && (i + 1 == prepared.size() || !is_combining_mark(prepared[i + 1]));
  };
  std::size_t begin = 0;
  std::size_t end = prepared.size();
  while (begin < end && is_space(begin)) ++begin;
  while (end > begin && is_space(end - 1)) --end;
  const auto edge = [&](EdgeSpace rule, bool any) {
    return rule == EdgeSpace::one || (rule == EdgeSpace::one_if_any && any);
  };
  const bool keep_front = edge(front, begin > 0);
  const bool keep_back = edge(back, end < prepared.size());
  if (begin == end) {
    if (keep_front || keep_back) out += ' ';
    return;
  }
  if (keep_front) out += ' ';
  for (std::size_t i = begin; i < end; ++i) {
    if (!is_space(i)) {
      append_utf8(prepared[i], out);
    } else if (!is_space(i + 1)) {  // the last of a run; there is something behind it
      out.append(inner, ' ');
    }
  }
  if (keep_back) out += ' ';
}

}  // namespace replkit::model
