#include "tests/refserver/directory/import.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <future>
#include <optional>
#include <unordered_map>
#include <utility>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/dn.hpp"
#include "tests/refserver/directory/entry_rules.hpp"
#include "tests/refserver/directory/managed.hpp"
#include "tests/refserver/directory/passwords.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::directory {

using protocol::Refusal;
using protocol::ResultCode;
using store::StoredEntry;

namespace {

// What the server, this or another, works out by itself.
constexpr std::array<std::string_view, 7> derived{
    "structuralObjectClass", "entryDN",  "subschemaSubentry", "hasSubordinates",
    "numSubordinates",       "entryCSN", "contextCSN"};

bool is_derived(const model::Attribute& attribute) {
  return std::any_of(derived.begin(), derived.end(),
                     [&](std::string_view name) { return equals_ignore_case(name, attribute.description); });
}

void set_default(StoredEntry& entry, std::string_view description, const std::string& value, const ldup::Csn& csn) {
  if (entry.find(description) != nullptr) return;
  auto& attribute = entry.attributes.emplace_back();
  attribute.description = description;
  attribute.values.push_back({.bytes = value, .csn = csn});
}

model::Dn parse_name(const std::string& dn) {
  try {
    auto out = model::Dn::parse(dn);
    if (!out.empty()) return out;
  } catch (const ParseError&) {
  }
  throw Refusal(ResultCode::invalid_dn_syntax, "not the DN of an entry");
}

// What export_entry() writes of an entry that no replica has given a CSN.
bool is_made_by_server(const model::Entry& entry) {
  const auto* attribute = entry.find("entryCSN");
  return attribute != nullptr && attribute->values == std::vector{ldup::Csn().text()};
}

ldup::Csn csn_of(const model::Entry& entry) {
  const auto* attribute = entry.find("entryCSN");
  if (attribute == nullptr || attribute->values.empty() || is_made_by_server(entry)) return {};
  try {
    return ldup::Csn::parse(attribute->values.front());
  } catch (const ParseError&) {
    throw Refusal(ResultCode::invalid_attribute_syntax, "entryCSN: not a CSN");
  }
}

bool is_glue(const model::Entry& entry) {
  const auto* classes = entry.find("objectClass");
  return classes != nullptr && std::any_of(classes->values.begin(), classes->values.end(), [](const std::string& name) {
           return equals_ignore_case(name, "glueEntry");
         });
}

// What stands in for an entry that is not there: no schema holds for it, and what makes it glue has no CSN.
StoredEntry import_glue(const std::vector<model::Attribute>& attributes, const ldup::Csn& csn) {
  StoredEntry out;
  out.glue = true;
  for (const auto& attribute : attributes) {
    auto& copy = out.attributes.emplace_back();
    copy.description = attribute.description;
    for (const auto& value : attribute.values) {
      copy.values.push_back({.bytes = value, .csn = equals_ignore_case(value, "glueEntry") ? ldup::Csn() : csn});
    }
  }
  set_default(out, "structuralObjectClass", "glueEntry", {});
  return out;
}

// An RDN that others have too has the entry's UUID in it, which is no value of the entry
// (draft-ietf-ldup-urp-08 4.3.5).
model::Rdn without_uuid(model::Rdn rdn, const std::optional<model::Uuid>& uuid) {
  std::erase_if(rdn, [&](const model::Ava& ava) {
    return uuid && equals_ignore_case(ava.type, "entryUUID") && model::Uuid::parse(ava.value) == uuid;
  });
  return rdn;
}

}  // namespace

void set_csn(StoredEntry& entry, const ldup::Csn& csn) {
  entry.csn = entry.rdn_csn = entry.superior_csn = csn;
  for (auto& attribute : entry.attributes) {
    for (auto& value : attribute.values) value.csn = csn;
  }
}

bool brings_csn(const model::Entry& entry) {
  return entry.find("entryCSN") != nullptr && !is_made_by_server(entry);
}

StoredEntry import_entry(const model::Entry& entry, const schema::Schema& schema, const ImportOptions& options,
                         Instant now) {
  const auto dn = parse_name(entry.dn);
  auto attributes = entry.attributes;
  std::erase_if(attributes, is_derived);
  const auto uuid = take_uuid(attributes);
  for (auto& each : attributes) name_protocols_by_oid(schema.model(), each.description, each.values);
  if (has_clear_password(schema.model(), attributes)) {
    hash_passwords(schema.model(), {options.password_cost, options.digest_realm}, attributes);
  }
  const auto csn = csn_of(entry);
  const auto& rdn = dn.rdns().front();
  auto out = is_glue(entry) && uuid ? import_glue(attributes, csn)
                                    : make_entry(schema, without_uuid(rdn, uuid), attributes, csn);
  out.uuid = uuid.value_or(model::Uuid::random());
  out.rdn = model::rdn_text(rdn);
  if (out.glue) return out;
  if (is_made_by_server(entry)) {
    set_default(out, "structuralObjectClass", structural_class(out, schema), csn);
    return out;
  }
  const auto time = format_generalized_time(now);
  set_default(out, "creatorsName", options.creator, csn);
  set_default(out, "createTimestamp", time, csn);
  set_default(out, "modifiersName", options.creator, csn);
  set_default(out, "modifyTimestamp", time, csn);
  // Last, for it never comes with the entry: what is exported comes back in the same order.
  set_default(out, "structuralObjectClass", structural_class(out, schema), csn);
  check_entry(out, schema);
  return out;
}

// One batch is made while the one before it is written.
class Importer::Impl {
 public:
  Impl(store::Store& store, const schema::Schema& schema, const Clock& clock, ImportOptions options)
      : store_(store), schema_(schema), clock_(clock), options_(std::move(options)) {
    for (const auto& context : options_.contexts) {
      if (context == "*") any_context_ = true;
      std::string key;
      if (context == "*") continue;
      if (!model::normalize_dn(context, schema.model(), key)) throw UsageError("'" + context + "' is no DN");
      contexts_.push_back(std::move(key));
    }
  }

  ~Impl() {
    if (writing_.valid()) writing_.wait();
  }

  void add(const model::Entry& entry, std::uint64_t line) {
    try {
      Item item{.entry = import_entry(entry, schema_, options_, clock_.now()),
                .key = {},
                .dn = entry.dn,
                .line = line,
                .by_server = is_made_by_server(entry)};
      model::normalize_dn(entry.dn, schema_.model(), item.key);
      batch_.push_back(std::move(item));
    } catch (const Refusal& refusal) {
      fail(line, entry.dn, refusal.what());
    }
    if (options_.batch <= 1) return flush();  // nothing else is to be lost with it
    if (batch_.size() >= options_.batch) submit();
  }

  void flush() {
    submit();
    wait();
  }

  std::uint64_t stored() const { return stored_; }

 private:
  struct Item {
    StoredEntry entry;
    std::string key;
    std::string dn;
    std::uint64_t line;
    bool by_server;
  };
  struct Problem {
    std::uint64_t line;
    std::string what;
  };
  struct Batch {
    std::vector<Item> items;
    std::optional<Problem> problem;
  };

  [[noreturn]] static void fail(std::uint64_t line, const std::string& dn, std::string_view why) {
    throw RefusedEntry(line, fmt::format("entry '{}': {}", printable(dn), why));
  }

  void wait() {
    if (!writing_.valid()) return;
    // An exception of our own: the writer thread may still hold the one that it caught.
    if (const auto problem = writing_.get()) throw RefusedEntry(problem->line, problem->what);
    stored_ += in_flight_;
  }

  void submit() {
    wait();
    if (batch_.empty()) return;
    in_flight_ = batch_.size();
    const auto batch = std::make_shared<Batch>(Batch{std::exchange(batch_, {}), {}});
    const auto done = std::make_shared<std::promise<std::optional<Problem>>>();
    writing_ = done->get_future();
    store_.submit([this, batch](store::Writer& writer) { write(*batch, writer); },
                  [done, batch](std::exception_ptr error) {
                    if (error && !batch->problem) {
                      done->set_exception(std::move(error));
                    } else {
                      done->set_value(std::move(batch->problem));
                    }
                  });
  }

  // May be called again, from the start.
  void write(Batch& batch, store::Writer& writer) const {
    batch.problem.reset();
    try {
      write(batch.items, writer);
    } catch (const RefusedEntry& refused) {
      batch.problem = Problem{refused.line(), refused.what()};
      throw;
    }
  }

  void write(std::vector<Item>& items, store::Writer& writer) const {
    std::unordered_map<std::string_view, store::EntryId> superiors;  // most have few different ones
    for (auto& item : items) {
      if (item.by_server && writer.find(item.key) != store::no_entry) continue;
      const auto parent = model::parent_of(item.key);
      auto known = superiors.find(parent);
      if (known == superiors.end()) {
        const auto superior = parent.empty() ? store::no_entry : writer.find(parent);
        if (superior == store::no_entry) {
          put_top(item, writer);
          continue;
        }
        known = superiors.emplace(parent, superior).first;
      }
      item.entry.superior = known->second;
      put(item, item.entry, writer);
    }
  }

  void put_top(Item& item, store::Writer& writer) const {
    const bool may = std::find(contexts_.begin(), contexts_.end(), item.key) != contexts_.end() ||
                     (any_context_ && writer.locate(item.key).ancestor == store::no_entry);
    if (!may) fail(item.line, item.dn, "its superior does not exist, or comes after it");
    auto entry = item.entry;
    entry.rdn = model::Dn::parse(item.dn).text();
    put(item, entry, writer);
  }

  static void put(const Item& item, StoredEntry& entry, store::Writer& writer) {
    if (entry.csn == ldup::Csn() && !item.by_server && !entry.glue) set_csn(entry, writer.next_csn());
    try {
      writer.put(entry);
    } catch (const LocalError& error) {
      fail(item.line, item.dn, error.what());
    }
  }

  store::Store& store_;
  const schema::Schema& schema_;
  const Clock& clock_;
  const ImportOptions options_;
  std::vector<std::string> contexts_;  // normalized
  bool any_context_ = false;
  std::vector<Item> batch_;
  std::future<std::optional<Problem>> writing_;
  std::size_t in_flight_ = 0;
  std::uint64_t stored_ = 0;
};

Importer::Importer(store::Store& store, const schema::Schema& schema, const Clock& clock, ImportOptions options)
    : impl_(std::make_unique<Impl>(store, schema, clock, std::move(options))) {}
Importer::~Importer() = default;

void Importer::add(const model::Entry& entry, std::uint64_t line) {
  impl_->add(entry, line);
}
void Importer::flush() {
  impl_->flush();
}
std::uint64_t Importer::stored() const {
  return impl_->stored();
}

model::Entry export_entry(const StoredEntry& entry, std::string dn) {
  model::Entry out{.dn = std::move(dn), .attributes = {}};
  for (const auto& attribute : entry.attributes) {
    if (attribute.values.empty()) continue;
    auto& copy = out.attributes.emplace_back();
    copy.description = attribute.description;
    for (const auto& value : attribute.values) copy.values.push_back(value.bytes);
  }
  out.attributes.push_back({.description = "entryUUID", .values = {entry.uuid.text()}});
  out.attributes.push_back({.description = "entryCSN", .values = {entry.newest_csn().text()}});
  return out;
}

void export_entries(const store::Reader& reader, const std::function<void(const model::Entry&)>& visit) {
  constexpr std::size_t page = 1000;
  struct Level {
    store::EntryId superior;
    std::string after;
    std::vector<store::EntryId> entries;
    std::size_t next = 0;
    bool more = true;
  };
  std::vector<Level> levels(1);
  while (!levels.empty()) {
    auto& level = levels.back();
    if (level.next == level.entries.size() && level.more) {
      level.entries.clear();
      level.next = 0;
      level.more = reader.children(level.superior, level.after, page, level.entries);
    }
    if (level.next == level.entries.size()) {
      levels.pop_back();
      continue;
    }
    const auto id = level.entries[level.next++];
    const auto entry = reader.load(id);
    if (!entry) throw LocalError("the store is damaged: an entry in its tree has no record");
    visit(export_entry(*entry, reader.dn(id)));
    if (!reader.has_children(id)) continue;
    auto& below = levels.emplace_back();
    below.superior = id;
  }
}

}  // namespace replkit::refserver::directory
