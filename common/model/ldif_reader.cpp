#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "common/base/base64.hpp"
#include "common/base/text.hpp"
#include "common/model/ldif.hpp"
#include "common/model/ldif_lines.hpp"

namespace replkit::model {

LdifError::LdifError(const std::string& name, std::uint64_t line, const std::string& problem)
    : Error(ExitStatus::local, fmt::format("{}:{}: {}", name, line, problem)), line_(line) {}

namespace {

// Gathers values under their descriptions. Entries have few attributes, so they are searched one by one; an index is
// made only for those with many (exports with state information have a description per value), lest a hostile file take
// quadratic time.
class AttributeMerger {
 public:
  explicit AttributeMerger(std::vector<Attribute>& attributes) : attributes_(attributes) { attributes_.reserve(16); }

  // Returns the values of the attribute with this description, which is made when it is not there.
  std::vector<std::string>& values(std::string_view description) {
    if (!attributes_.empty() && equals_ignore_case(attributes_.back().description, description)) {
      return attributes_.back().values;
    }
    return attributes_.size() < few ? by_search(description) : by_index(description);
  }

 private:
  static constexpr std::size_t few = 48;

  std::vector<std::string>& by_search(std::string_view description) {
    for (auto& attribute : attributes_) {
      if (equals_ignore_case(attribute.description, description)) return attribute.values;
    }
    return make(description);
  }

  std::vector<std::string>& by_index(std::string_view description) {
    if (index_.empty()) {
      for (std::size_t i = 0; i < attributes_.size(); ++i) index_.emplace(to_lower(attributes_[i].description), i);
    }
    const auto [at, is_new] = index_.emplace(to_lower(description), attributes_.size());
    return is_new ? make(description) : attributes_[at->second].values;
  }

  std::vector<std::string>& make(std::string_view description) {
    return attributes_.emplace_back(Attribute{std::string(description), {}}).values;
  }

  std::vector<Attribute>& attributes_;
  std::unordered_map<std::string, std::size_t> index_;
};

// One line taken apart.
struct Field {
  std::string_view name;
  std::string_view raw;
  bool is_base64 = false;

  bool is(std::string_view keyword) const { return equals_ignore_case(name, keyword); }
};

}  // namespace

struct LdifReader::State {
  State(std::unique_ptr<ByteSource> source, std::string name, const LdifLimits& limits)
      : lines(std::move(source), std::move(name), limits.line_bytes), record_limit(limits.record_bytes) {}

  bool find_record();
  std::string take_dn();
  std::vector<LdifControl> take_controls();
  std::vector<Attribute> take_attributes();
  ChangeRecord take_change(std::string dn, std::vector<LdifControl> controls);
  ModifyChange take_modify();
  Modification take_modification();
  RenameChange take_rename();
  std::string take_named(std::string_view keyword);
  void require_end(std::string_view after);

  void advance();
  Field field() const;
  std::string value(const Field& field) const;
  std::string keyword_value(const Field& field) const;
  LdifControl parse_control(const Field& field) const;
  std::string description(const Field& field) const;

  LdifLines lines;
  std::size_t record_limit;
  std::size_t record_bytes = 0;
  std::uint64_t record_line = 0;
  bool in_record = false;  // the current line belongs to the record
};

// Goes to the next line; in_record tells whether it belongs to the record.
void LdifReader::State::advance() {
  in_record = lines.next() && !lines.text().empty();
  if (!in_record) return;
  record_bytes += lines.text().size() + 32;
  if (record_bytes > record_limit) {
    lines.fail(fmt::format("the record that begins at line {} has over {} bytes, which is the limit", record_line,
                           record_limit));
  }
}

Field LdifReader::State::field() const {
  const auto text = lines.text();
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) {
    lines.fail("no ':' in the line; if it goes on with the line before, it must begin with a space");
  }
  Field out{text.substr(0, colon), text.substr(colon + 1)};
  if (!is_ldif_name(out.name)) {
    lines.fail(fmt::format("'{}' is no attribute name", printable(out.name.substr(0, 60))));
  }
  if (out.raw.starts_with('<')) {
    lines.fail(
        fmt::format("'{0}:<' takes the value from a URL, which is not done here; write the value itself, as '{0}:: "
                    "BASE64'",
                    out.name));
  }
  if (out.raw.starts_with(':')) {
    out.is_base64 = true;
    out.raw.remove_prefix(1);
  }
  out.raw.remove_prefix(std::min(out.raw.find_first_not_of(' '), out.raw.size()));
  return out;
}

std::string LdifReader::State::value(const Field& field) const {
  if (!field.is_base64) return std::string(field.raw);
  auto decoded = base64_decode(field.raw);
  if (!decoded) lines.fail(fmt::format("the value of '{}' is not valid base64", field.name));
  return std::move(*decoded);
}

// Returns the value of a line whose value is a word: without spaces at its end, which editors leave.
std::string LdifReader::State::keyword_value(const Field& field) const {
  return std::string(trim(value(field)));
}

// Goes to the first line of the next record and past the version line. Returns false at the end of the file.
bool LdifReader::State::find_record() {
  for (;;) {
    record_bytes = 0;
    do {
      if (!lines.next()) return false;
    } while (lines.text().empty());
    in_record = true;
    const auto version = field();
    // Files that were put together with cat have one in the middle.
    if (!version.is("version")) return true;
    if (keyword_value(version) != "1") lines.fail("this version of LDIF is not known; only 'version: 1' is");
    advance();
    if (in_record) return true;
  }
}

std::string LdifReader::State::take_dn() {
  record_line = lines.number();
  record_bytes = lines.text().size();
  const auto dn = field();
  if (!dn.is("dn")) {
    const bool trailer = dn.is("search") || dn.is("result") || dn.is("ref");
    lines.fail(fmt::format("a record must begin with 'dn:', this one begins with '{}:'; {}", dn.name,
                           trailer ? "ldapsearch writes such lines unless it is called with -LLL"
                                   : "is there an empty line within a record?"));
  }
  auto out = value(dn);
  advance();
  return out;
}

LdifControl LdifReader::State::parse_control(const Field& field) const {
  const auto whole = value(field);
  std::string_view text = whole;
  LdifControl out;
  out.oid = text.substr(0, text.find_first_of(" :"));
  text.remove_prefix(out.oid.size());
  const auto is_oid_char = [](char c) { return is_ascii_digit(c) || c == '.'; };
  if (out.oid.empty() || !std::all_of(out.oid.begin(), out.oid.end(), is_oid_char)) {
    lines.fail("'control:' must be followed by an OID in digits and dots, such as 1.2.840.113556.1.4.805");
  }
  const auto colon = text.find(':');
  const auto critical = trim(text.substr(0, colon));
  if (equals_ignore_case(critical, "true")) {
    out.critical = true;
  } else if (equals_ignore_case(critical, "false")) {
    out.critical = false;
  } else if (!critical.empty()) {
    lines.fail(
        fmt::format("after the OID of a control comes 'true' or 'false', not '{}'", printable(critical.substr(0, 60))));
  }
  if (colon == std::string_view::npos) return out;
  Field content{"control", text.substr(colon + 1)};
  if (content.raw.starts_with('<')) {
    lines.fail("the control's value is to be taken from a URL, which is not done here; write it as ':: BASE64'");
  }
  content.is_base64 = content.raw.starts_with(':');
  if (content.is_base64) content.raw.remove_prefix(1);
  content.raw.remove_prefix(std::min(content.raw.find_first_not_of(' '), content.raw.size()));
  out.value = value(content);
  return out;
}

std::vector<LdifControl> LdifReader::State::take_controls() {
  std::vector<LdifControl> out;
  while (in_record) {
    const auto control = field();
    if (!control.is("control")) return out;
    out.push_back(parse_control(control));
    advance();
  }
  return out;
}

std::vector<Attribute> LdifReader::State::take_attributes() {
  std::vector<Attribute> out;
  AttributeMerger merger(out);
  for (; in_record; advance()) {
    const auto attribute = field();
    if (attribute.is("dn")) lines.fail("a second 'dn:' in one record; put an empty line between records");
    auto& values = merger.values(attribute.name);
    if (attribute.is_base64) {
      values.push_back(value(attribute));
    } else {
      values.emplace_back(attribute.raw);
    }
  }
  return out;
}

ChangeRecord LdifReader::State::take_change(std::string dn, std::vector<LdifControl> controls) {
  const auto type = to_lower(keyword_value(field()));
  ChangeRecord out{std::move(dn), std::move(controls), {}};
  const bool is_rename = type == "modrdn" || type == "moddn";
  if (type != "add" && type != "delete" && type != "modify" && !is_rename) {
    lines.fail(fmt::format("changetype '{}' is not known; it is one of add, delete, modify, modrdn, moddn",
                           printable(std::string_view(type).substr(0, 60))));
  }
  advance();
  if (type == "add") {
    out.change = AddChange{take_attributes()};
  } else if (type == "modify") {
    out.change = take_modify();
  } else if (is_rename) {
    out.change = take_rename();
  } else {
    out.change = DeleteChange{};
    require_end("'changetype: delete'");
  }
  return out;
}

ModifyChange LdifReader::State::take_modify() {
  ModifyChange out;
  while (in_record) out.modifications.push_back(take_modification());
  return out;
}

// Returns the attribute description that is the line's value.
std::string LdifReader::State::description(const Field& field) const {
  auto out = keyword_value(field);
  if (!is_ldif_name(out)) {
    lines.fail(fmt::format("after '{}:' comes the name of an attribute, not '{}'", field.name,
                           printable(std::string_view(out).substr(0, 60))));
  }
  return out;
}

Modification LdifReader::State::take_modification() {
  static constexpr std::array<std::pair<std::string_view, ModifyKind>, 4> kinds{{{"add", ModifyKind::add},
                                                                                 {"delete", ModifyKind::remove},
                                                                                 {"replace", ModifyKind::replace},
                                                                                 {"increment", ModifyKind::increment}}};
  const auto first = field();
  const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return first.is(k.first); });
  if (kind == kinds.end()) {
    lines.fail(fmt::format(
        "a part of a modify record begins with 'add:', 'delete:', 'replace:' or 'increment:', not '{}:'", first.name));
  }
  Modification out{kind->second, description(first), {}};
  advance();
  for (; in_record && lines.text() != "-"; advance()) {
    const auto attribute = field();
    if (!attribute.is(out.description)) {
      lines.fail(fmt::format("'{}:' in the part for '{}'; end that part with a line '-' before it", attribute.name,
                             out.description));
    }
    out.values.push_back(value(attribute));
  }
  const auto needs_value = kind->second == ModifyKind::add || kind->second == ModifyKind::increment;
  if (needs_value && out.values.empty()) {
    lines.fail(fmt::format("'{}: {}' without a value; put a line '{}: VALUE' below it", kind->first, out.description,
                           out.description));
  }
  // At the end of the record the '-' is often forgotten; nothing else can be meant.
  if (in_record) advance();
  return out;
}

std::string LdifReader::State::take_named(std::string_view keyword) {
  if (!in_record) lines.fail(fmt::format("the record ends where '{}:' must come", keyword));
  const auto found = field();
  if (!found.is(keyword)) lines.fail(fmt::format("'{}:' where '{}:' must come", found.name, keyword));
  auto out = value(found);
  return out;
}

RenameChange LdifReader::State::take_rename() {
  RenameChange out;
  out.new_rdn = take_named("newrdn");
  if (out.new_rdn.empty()) lines.fail("'newrdn:' has no value; write the new RDN, such as 'newrdn: cn=New Name'");
  advance();
  const auto flag = std::string(trim(take_named("deleteoldrdn")));
  if (flag != "0" && flag != "1") {
    lines.fail("'deleteoldrdn:' must be 1 (the old RDN's values are removed from the entry) or 0 (they stay)");
  }
  out.delete_old_rdn = flag == "1";
  advance();
  if (in_record && field().is("newsuperior")) {
    out.new_superior = take_named("newsuperior");
    advance();
  }
  require_end("the rename");
  return out;
}

void LdifReader::State::require_end(std::string_view after) {
  if (in_record)
    lines.fail(fmt::format("nothing may follow {} in this record; put an empty line between records", after));
}

LdifReader::LdifReader(std::unique_ptr<ByteSource> source, std::string name, LdifLimits limits)
    : state_(std::make_unique<State>(std::move(source), std::move(name), limits)) {}

LdifReader::~LdifReader() = default;

std::optional<std::variant<Entry, ChangeRecord>> LdifReader::next() {
  if (!state_->find_record()) return std::nullopt;
  auto dn = state_->take_dn();
  auto controls = state_->take_controls();
  if (state_->in_record && state_->field().is("changetype")) {
    return state_->take_change(std::move(dn), std::move(controls));
  }
  if (!controls.empty()) state_->lines.fail("'changetype:' must follow the 'control:' lines");
  return Entry{std::move(dn), state_->take_attributes()};
}

std::optional<Entry> LdifReader::next_entry() {
  if (!state_->find_record()) return std::nullopt;
  auto dn = state_->take_dn();
  if (state_->in_record) {
    const auto first = state_->field();
    if (first.is("changetype") || first.is("control")) {
      state_->lines.fail("a change record, but a file of entries is needed here");
    }
  }
  return Entry{std::move(dn), state_->take_attributes()};
}

std::uint64_t LdifReader::record_line() const {
  return state_->record_line;
}

bool LdifReader::cut_off() const {
  return state_->lines.cut_off();
}

}  // namespace replkit::model
