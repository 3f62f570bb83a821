#include "tests/refserver/store/record.hpp"

#include <algorithm>
#include <map>

#include "tests/refserver/store/bytes.hpp"

namespace replkit::refserver::store {

namespace {

constexpr std::uint8_t record_version = 1;

// Of a record.
constexpr unsigned flag_glue = 1;
constexpr unsigned flag_tombstone = 2;
constexpr unsigned flag_outlived = 4;
constexpr unsigned flag_given_rdn = 8;
constexpr unsigned flag_wanted_superior = 16;
constexpr unsigned flag_former = 32;
constexpr unsigned all_flags =
    flag_glue | flag_tombstone | flag_outlived | flag_given_rdn | flag_wanted_superior | flag_former;
// In the low bits of an attribute's first number, below the count of its live values.
constexpr unsigned flag_deleted_values = 1;
constexpr unsigned flag_deleted = 2;
constexpr unsigned attribute_flag_bits = 2;

// --- Writing ---

// Gives each distinct CSN its number. Entries have few: most have one for all that was added at once.
class CsnTable {
 public:
  explicit CsnTable(std::vector<ldup::Csn>& csns) : csns_(csns) { csns_.clear(); }

  std::size_t number(const ldup::Csn& csn) {
    constexpr std::size_t few = 8;
    if (!csns_.empty() && csns_[last_] == csn) return last_;
    if (csns_.size() <= few) {
      const auto found = std::find(csns_.begin(), csns_.end(), csn);
      last_ = static_cast<std::size_t>(found - csns_.begin());
      if (found == csns_.end()) csns_.push_back(csn);
      return last_;
    }
    if (by_csn_.empty()) {
      for (std::size_t i = 0; i < csns_.size(); ++i) by_csn_.emplace(csns_[i], i);
    }
    const auto [at, is_new] = by_csn_.emplace(csn, csns_.size());
    if (is_new) csns_.push_back(csn);
    return last_ = at->second;
  }

 private:
  std::vector<ldup::Csn>& csns_;
  std::map<ldup::Csn, std::size_t> by_csn_;  // once there are more than a few
  std::size_t last_ = 0;
};

// The seconds with their sign in the lowest bit, then the microseconds.
void append_time(std::string& out, Instant time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto seconds = static_cast<std::int64_t>(whole.time_since_epoch().count());
  append_number(out, (static_cast<std::uint64_t>(seconds) << 1) ^ static_cast<std::uint64_t>(seconds >> 63));
  append_number(out, static_cast<std::uint64_t>((time - whole).count()));
}

void append_table(std::string& out, const std::vector<ldup::Csn>& csns) {
  std::vector<std::string_view> replicas;
  std::vector<std::size_t> numbers;
  for (const auto& csn : csns) {
    const auto found = std::find(replicas.begin(), replicas.end(), csn.replica_id());
    numbers.push_back(static_cast<std::size_t>(found - replicas.begin()));
    if (found == replicas.end()) replicas.push_back(csn.replica_id());
  }
  append_number(out, replicas.size());
  for (const auto replica : replicas) append_string(out, replica);
  append_number(out, csns.size());
  for (std::size_t i = 0; i < csns.size(); ++i) {
    append_time(out, csns[i].time());
    append_number(out, csns[i].count());
    append_number(out, numbers[i]);
    append_number(out, csns[i].modification());
  }
}

void append_attribute(std::string& out, const StoredAttribute& attribute, CsnTable& table) {
  append_string(out, attribute.description);
  append_number(out, (static_cast<std::uint64_t>(attribute.values.size()) << attribute_flag_bits) |
                         (attribute.deleted_values.empty() ? 0U : flag_deleted_values) |
                         (attribute.deleted ? flag_deleted : 0U));
  for (const auto& value : attribute.values) {
    append_number(out, (static_cast<std::uint64_t>(value.bytes.size()) << 1) | (value.distinguished ? 1U : 0U));
    append_number(out, table.number(value.csn));
    out += value.bytes;
  }
  if (attribute.deleted) append_number(out, table.number(*attribute.deleted));
  if (attribute.deleted_values.empty()) return;
  append_number(out, attribute.deleted_values.size());
  for (const auto& value : attribute.deleted_values) {
    append_number(out, table.number(value.csn));
    append_string(out, value.bytes);
  }
}

unsigned flags_of(const StoredEntry& entry) {
  return (entry.glue ? flag_glue : 0U) | (entry.deleted ? flag_tombstone : 0U) | (entry.outlived ? flag_outlived : 0U) |
         (entry.given_rdn ? flag_given_rdn : 0U) | (entry.wanted_superior ? flag_wanted_superior : 0U) |
         (entry.former ? flag_former : 0U);
}

void append_uuid(std::string& out, const model::Uuid& uuid) {
  out.append(uuid.bytes.begin(), uuid.bytes.end());
}

void append_former(std::string& out, const FormerEntry& former, CsnTable& table) {
  for (const auto* csn : {&former.csn, &former.rdn_csn, &former.superior_csn}) append_number(out, table.number(*csn));
  append_string(out, former.rdn);
  append_uuid(out, former.superior);
  append_number(out, former.attributes.size());
  for (const auto& attribute : former.attributes) append_attribute(out, attribute, table);
}

// --- Reading ---

model::Uuid take_uuid(ByteReader& in) {
  model::Uuid out;
  const auto bytes = in.bytes(out.bytes.size());
  std::copy(bytes.begin(), bytes.end(), out.bytes.begin());
  return out;
}

RecordHead take_head(ByteReader& in) {
  if (in.byte() != record_version) fail_damaged("a record has an unknown version");
  const auto flags = in.byte();
  if ((flags & ~all_flags) != 0) fail_damaged("a record has unknown flags");
  RecordHead head;
  head.flags = flags;
  head.glue = (flags & flag_glue) != 0;
  head.tombstone = (flags & flag_tombstone) != 0;
  head.superior = in.number();
  head.uuid = take_uuid(in);
  head.rdn = in.string();
  return head;
}

std::uint32_t take_small_number(ByteReader& in) {
  const auto value = in.number();
  if (value > 0xFFFF'FFFFU) fail_damaged("a CSN's number is too large");
  return static_cast<std::uint32_t>(value);
}

Instant take_time(ByteReader& in) {
  constexpr std::uint64_t max_seconds = 400'000'000'000;  // beyond the years 0 and 9999
  const auto bits = in.number();
  const auto micros = in.number();
  if (bits > 2 * max_seconds || micros >= 1'000'000) fail_damaged("a CSN has an impossible time");
  const auto half = static_cast<std::int64_t>(bits >> 1);
  return Instant{} + std::chrono::seconds{(bits & 1) != 0 ? -half - 1 : half} +
         std::chrono::microseconds{static_cast<std::int64_t>(micros)};
}

std::vector<ldup::Csn> take_table(ByteReader& in) {
  std::vector<std::string_view> replicas(in.count());
  for (auto& replica : replicas) replica = in.string();
  std::vector<ldup::Csn> csns;
  const auto size = in.count();
  csns.reserve(size);
  for (std::size_t i = 0; i < size; ++i) {
    const auto time = take_time(in);
    const auto count = take_small_number(in);
    const auto replica = in.number();
    if (replica >= replicas.size()) fail_damaged("a CSN refers to a replica that is not there");
    csns.emplace_back(time, count, std::string(replicas[static_cast<std::size_t>(replica)]), take_small_number(in));
  }
  return csns;
}

void skip_table(ByteReader& in) {
  for (auto left = in.count(); left > 0; --left) in.string();
  for (auto left = in.count(); left > 0; --left) {
    for (int part = 0; part < 5; ++part) in.number();
  }
}

// Passes over what stands between the head and the UUID of the wanted superior.
void skip_to_wanted_superior(ByteReader& in, const RecordHead& head) {
  skip_table(in);
  for (int csn = 0; csn < 3; ++csn) in.number();
  if (head.tombstone) {
    in.number();
    in.string();
  }
  if ((head.flags & flag_outlived) != 0) in.number();
  if ((head.flags & flag_given_rdn) != 0) in.string();
}

const ldup::Csn& take_csn(ByteReader& in, const std::vector<ldup::Csn>& csns) {
  const auto number = in.number();
  if (number >= csns.size()) fail_damaged("a record refers to a CSN that is not there");
  return csns[static_cast<std::size_t>(number)];
}

struct AttributeHead {
  std::string_view description;
  std::size_t values = 0;
  bool has_deleted_values = false;
  bool is_deleted = false;
};

AttributeHead take_attribute_head(ByteReader& in) {
  AttributeHead head;
  head.description = in.string();
  const auto number = in.number();
  head.has_deleted_values = (number & flag_deleted_values) != 0;
  head.is_deleted = (number & flag_deleted) != 0;
  const auto values = number >> attribute_flag_bits;
  if (values > in.left()) fail_damaged("a record is cut off");
  head.values = static_cast<std::size_t>(values);
  return head;
}

StoredAttribute take_attribute(ByteReader& in, const std::vector<ldup::Csn>& csns) {
  const auto head = take_attribute_head(in);
  StoredAttribute out;
  out.description = head.description;
  out.values.resize(head.values);
  for (auto& value : out.values) {
    const auto size = in.number();
    value.distinguished = (size & 1) != 0;
    value.csn = take_csn(in, csns);
    value.bytes = in.bytes(size >> 1);
  }
  if (head.is_deleted) out.deleted = take_csn(in, csns);
  if (!head.has_deleted_values) return out;
  out.deleted_values.resize(in.count());
  for (auto& value : out.deleted_values) {
    value.csn = take_csn(in, csns);
    value.bytes = in.string();
  }
  return out;
}

FormerEntry take_former(ByteReader& in, const std::vector<ldup::Csn>& csns) {
  FormerEntry out;
  for (auto* csn : {&out.csn, &out.rdn_csn, &out.superior_csn}) *csn = take_csn(in, csns);
  out.rdn = in.string();
  out.superior = take_uuid(in);
  const auto attributes = in.count();
  out.attributes.reserve(attributes);
  for (std::size_t i = 0; i < attributes; ++i) out.attributes.push_back(take_attribute(in, csns));
  return out;
}

}  // namespace

void append_csn(std::string& out, const ldup::Csn& csn) {
  append_table(out, {csn});
}

ldup::Csn take_csn(ByteReader& in) {
  auto csns = take_table(in);
  if (csns.size() != 1) fail_damaged("one CSN expected");
  return std::move(csns.front());
}

void encode_record(const StoredEntry& entry, std::string& out, std::vector<ldup::Csn>& csns) {
  CsnTable table(csns);
  std::string body;
  for (const auto* csn : {&entry.csn, &entry.rdn_csn, &entry.superior_csn}) append_number(body, table.number(*csn));
  if (entry.deleted) {
    append_number(body, table.number(*entry.deleted));
    append_string(body, entry.last_dn);
  }
  if (entry.outlived) append_number(body, table.number(*entry.outlived));
  if (entry.given_rdn) append_string(body, *entry.given_rdn);
  if (entry.wanted_superior) append_uuid(body, *entry.wanted_superior);
  std::size_t values = 0;
  for (const auto& attribute : entry.attributes) values += attribute.values.size();
  append_number(body, values);
  append_number(body, entry.attributes.size());
  for (const auto& attribute : entry.attributes) append_attribute(body, attribute, table);
  if (entry.former) append_former(body, *entry.former, table);

  out.clear();
  out += static_cast<char>(record_version);
  out += static_cast<char>(flags_of(entry));
  append_number(out, entry.superior);
  append_uuid(out, entry.uuid);
  append_string(out, entry.rdn);
  append_table(out, csns);
  out += body;
}

RecordHead decode_head(std::string_view record) {
  ByteReader in(record);
  return take_head(in);
}

std::vector<ldup::Csn> decode_csns(std::string_view record) {
  ByteReader in(record);
  take_head(in);
  return take_table(in);
}

std::optional<model::Uuid> decode_wanted_superior(std::string_view record) {
  ByteReader in(record);
  const auto head = take_head(in);
  if ((head.flags & flag_wanted_superior) == 0) return std::nullopt;
  skip_to_wanted_superior(in, head);
  return take_uuid(in);
}

StoredEntry decode_record(EntryId id, std::string_view record) {
  ByteReader in(record);
  const auto head = take_head(in);
  const auto csns = take_table(in);
  StoredEntry out;
  out.id = id;
  out.superior = head.superior;
  out.uuid = head.uuid;
  out.rdn = head.rdn;
  out.glue = head.glue;
  for (auto* csn : {&out.csn, &out.rdn_csn, &out.superior_csn}) *csn = take_csn(in, csns);
  if (head.tombstone) {
    out.deleted = take_csn(in, csns);
    out.last_dn = in.string();
  }
  if ((head.flags & flag_outlived) != 0) out.outlived = take_csn(in, csns);
  if ((head.flags & flag_given_rdn) != 0) out.given_rdn = in.string();
  if ((head.flags & flag_wanted_superior) != 0) out.wanted_superior = take_uuid(in);
  const auto values = in.number();
  const auto attributes = in.count();
  out.attributes.reserve(attributes);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < attributes; ++i) {
    out.attributes.push_back(take_attribute(in, csns));
    seen += out.attributes.back().values.size();
  }
  if ((head.flags & flag_former) != 0) out.former = take_former(in, csns);
  in.end();
  if (seen != values) fail_damaged("a record has another number of values than it says");
  return out;
}

bool decode_live(EntryId id, std::string_view record, LiveEntry& out) {
  ByteReader in(record);
  const auto head = take_head(in);
  if (head.tombstone) return false;
  out.id = id;
  out.superior = head.superior;
  out.uuid = head.uuid;
  out.rdn = head.rdn;
  skip_to_wanted_superior(in, head);
  if ((head.flags & flag_wanted_superior) != 0) in.bytes(head.uuid.bytes.size());
  out.value_storage.resize(in.count());
  out.attributes.clear();
  auto* next = out.value_storage.data();
  const auto* const end = next + out.value_storage.size();
  for (auto left = in.count(); left > 0; --left) {
    const auto attribute = take_attribute_head(in);
    if (attribute.values > static_cast<std::size_t>(end - next)) {
      fail_damaged("a record has another number of values than it says");
    }
    const auto* const first = next;
    for (std::size_t i = 0; i < attribute.values; ++i) {
      const auto size = in.number();
      in.number();
      *next++ = in.bytes(size >> 1);
    }
    if (attribute.values > 0) out.attributes.push_back({attribute.description, {first, attribute.values}});
    if (attribute.is_deleted) in.number();
    if (!attribute.has_deleted_values) continue;
    for (auto deleted = in.count(); deleted > 0; --deleted) {
      in.number();
      in.string();
    }
  }
  if ((head.flags & flag_former) == 0) in.end();  // what it was is not looked at
  if (next != end) fail_damaged("a record has another number of values than it says");
  return true;
}

}  // namespace replkit::refserver::store
