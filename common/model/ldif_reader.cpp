#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "common/base/base64.hpp"
#include "common/base/text.hpp"
#include "common/model/ldif_reader_state.hpp"

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
      for (std::size_t i = 0; i < attributes_.size(); ++i) index_.emplace(attributes_[i].description, i);
    }
    const auto [at, is_new] = index_.emplace(description, attributes_.size());
    return is_new ? make(description) : attributes_[at->second].values;
  }

  std::vector<std::string>& make(std::string_view description) {
    return attributes_.emplace_back(Attribute{std::string(description), {}}).values;
  }

  std::vector<Attribute>& attributes_;
  std::map<std::string, std::size_t, IgnoreCaseLess> index_;  // no hash: a file could be made to collide
};

}  // namespace

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

LdifField LdifReader::State::field() const {
  const auto text = lines.text();
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) {
    lines.fail("no ':' in the line; if it goes on with the line before, it must begin with a space");
  }
  LdifField out{text.substr(0, colon), text.substr(colon + 1)};
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

std::string LdifReader::State::value(const LdifField& field) const {
  if (!field.is_base64) return std::string(field.raw);
  auto decoded = base64_decode(field.raw);
  if (!decoded) lines.fail(fmt::format("the value of '{}' is not valid base64", field.name));
  return std::move(*decoded);
}

// Returns the value of a line whose value is a word: without spaces at its end, which editors leave.
std::string LdifReader::State::keyword_value(const LdifField& field) const {
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
