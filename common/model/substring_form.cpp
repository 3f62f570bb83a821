#include "common/model/substring_form.hpp"

#include "common/base/text.hpp"
#include "common/model/matching.hpp"

namespace replkit::model {

namespace {

bool append_edge(EdgeSpace edge, bool had_space, std::string& out) {
  if (edge == EdgeSpace::one || (edge == EdgeSpace::one_if_any && had_space)) out += ' ';
  return true;
}

// As the string preparation, for printable ASCII; returns false when there is anything else.
bool put_printable(CaseFold fold, std::string_view text, EdgeSpace front, EdgeSpace back, std::string& out) {
  const auto first = text.find_first_not_of(' ');
  if (first == text.npos) return false;  // nothing but spaces: the general way knows
  const auto last = text.find_last_not_of(' ');
  out.clear();
  append_edge(front, first > 0, out);
  for (auto i = first; i <= last; ++i) {
    const char c = text[i];
    if (c < 0x20 || c > 0x7E) return false;
    if (c == ' ') {
      if (text[i - 1] != ' ') out += "  ";
    } else {
      out += fold == CaseFold::fold ? ascii_lower(c) : c;
    }
  }
  return append_edge(back, last + 1 < text.size(), out);
}

bool put_form(ValueKind kind, std::string_view text, EdgeSpace front, EdgeSpace back, const Schema& schema,
              std::string& out) {
  switch (kind) {
    case ValueKind::octets:
      out = text;
      return true;
    case ValueKind::numeric:
    case ValueKind::telephone:
      normalize_value(kind, text, schema, out);
      return !is_malformed_form(kind, out);
    case ValueKind::case_exact:
    case ValueKind::case_ignore: {
      const auto fold = kind == ValueKind::case_ignore ? CaseFold::fold : CaseFold::keep;
      if (put_printable(fold, text, front, back, out)) return true;
      std::u32string prepared;
      out.clear();
      if (!prepare_string(text, fold, prepared)) return false;
      squeeze_spaces(prepared, front, back, 2, out);
      return true;
    }
    default:
      return false;
  }
}

}  // namespace

bool put_substring_form(ValueKind kind, std::string_view value, const Schema& schema, std::string& out) {
  return put_form(kind, value, EdgeSpace::one, EdgeSpace::one, schema, out);
}

std::optional<std::vector<std::string>> substring_pieces(ValueKind kind, const std::vector<std::string>& pieces,
                                                         const Schema& schema) {
  std::vector<std::string> forms(pieces.size());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto front = i == 0 ? EdgeSpace::one : EdgeSpace::one_if_any;
    const auto back = i + 1 == pieces.size() ? EdgeSpace::one : EdgeSpace::one_if_any;
    if (!pieces[i].empty() && !put_form(kind, pieces[i], front, back, schema, forms[i])) return std::nullopt;
  }
  return forms;
}

bool contains_in_order(std::string_view value, const std::vector<std::string>& pieces) {
  if (pieces.empty() || !value.starts_with(pieces.front())) return false;
  value.remove_prefix(pieces.front().size());
  for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
    const auto found = value.find(pieces[i]);
    if (found == value.npos) return false;
    value.remove_prefix(found + pieces[i].size());
  }
  return pieces.size() == 1 || value.ends_with(pieces.back());
}

}  // namespace replkit::model
