#include "tests/refserver/exchange/state.hpp"

#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/ldif.hpp"

namespace replkit::refserver::exchange {

namespace {

constexpr std::string_view refreshing = "areas being refreshed";
constexpr std::string_view backup = "backup";
constexpr std::string_view identity = "identity";

std::string vector_name(const model::Uuid& root) {
  return "update vector of " + root.text();
}

std::string refresh_name(const model::Uuid& root) {
  return "refresh of " + root.text();
}

std::string recovery_name(const model::Uuid& root) {
  return "recovery of " + root.text();
}

std::string supplied_name(const model::Uuid& root) {
  return "supplied " + root.text();
}

std::string awaiting_name(const model::Uuid& root) {
  return "awaiting a full update of " + root.text();
}

std::string read_only_name(const model::Uuid& root) {
  return "read-only since " + root.text();
}

std::vector<std::string> lines(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void write_list(store::Writer& writer, const std::vector<std::string>& roots) {
  std::string text;
  for (const auto& root : roots) text += root + '\n';
  if (text.empty()) return writer.remove_state(refreshing);
  writer.put_state(refreshing, text);
}

Refresh parse_refresh(const model::Uuid& root, const std::string& bytes) {
  Refresh out{.root = root, .root_dn = {}, .entries = {}};
  const auto end = std::min(bytes.find('\n'), bytes.size());
  out.root_dn = bytes.substr(0, end);
  const std::string_view ldif = std::string_view(bytes).substr(std::min(end + 1, bytes.size()));
  model::LdifReader reader(model::memory_bytes(ldif), "refresh");
  while (auto entry = reader.next_entry()) out.entries.push_back(std::move(*entry));
  return out;
}

}  // namespace

std::optional<ldup::UpdateVector> load_vector(const store::Reader& reader, const model::Uuid& root) {
  const auto bytes = reader.state(vector_name(root));
  if (!bytes) return std::nullopt;
  return ldup::UpdateVector::parse(lines(*bytes));
}

void save_vector(store::Writer& writer, const model::Uuid& root, const ldup::UpdateVector& vector) {
  std::string text;
  for (const auto& value : vector.values()) text += value + '\n';
  writer.put_state(vector_name(root), text);
}

std::optional<std::string> restored_from(const store::Reader& reader) {
  return reader.state(backup);
}

void set_restored(store::Writer& writer, const std::string& time) {
  writer.put_state(backup, time);
}

void clear_restored(store::Writer& writer) {
  writer.remove_state(backup);
}

std::optional<std::string> kept_identity(const store::Reader& reader) {
  return reader.state(identity);
}

void keep_identity(store::Writer& writer, const std::string& its_identity) {
  writer.put_state(identity, its_identity);
}

bool is_recovering(const store::Reader& reader, const model::Uuid& root) {
  return reader.state(recovery_name(root)).has_value();
}

void set_recovering(store::Writer& writer, const model::Uuid& root, bool recovering) {
  if (recovering) return writer.put_state(recovery_name(root), "");
  writer.remove_state(recovery_name(root));
}

std::optional<ldup::Csn> read_only_since(const store::Reader& reader, const model::Uuid& root) {
  const auto text = reader.state(read_only_name(root));
  return text ? std::optional(ldup::Csn::parse(*text)) : std::nullopt;
}

void set_read_only_since(store::Writer& writer, const model::Uuid& root, const std::optional<ldup::Csn>& csn) {
  if (csn) return writer.put_state(read_only_name(root), csn->text());
  writer.remove_state(read_only_name(root));
}

bool has_supplied(const store::Reader& reader, const model::Uuid& root, const std::optional<model::Uuid>& own) {
  return own && reader.state(supplied_name(root)) == own->text();
}

void set_supplied(store::Writer& writer, const model::Uuid& root, const std::optional<model::Uuid>& own) {
  if (own) writer.put_state(supplied_name(root), own->text());
}

bool is_awaiting(const store::Reader& reader, const model::Uuid& root) {
  return reader.state(awaiting_name(root)).has_value();
}

void set_awaiting(store::Writer& writer, const model::Uuid& root) {
  writer.put_state(awaiting_name(root), "");
  save_vector(writer, root, {});
  set_recovering(writer, root, true);
}

void clear_awaiting(store::Writer& writer, const model::Uuid& root) {
  writer.remove_state(awaiting_name(root));
}

void save_refresh(store::Writer& writer, const Refresh& refresh) {
  std::string text = refresh.root_dn + '\n';
  model::LdifWriter ldif([&text](std::string_view piece) { text += piece; }, 0);
  for (const auto& entry : refresh.entries) ldif.entry(entry);
  writer.put_state(refresh_name(refresh.root), text);
  auto roots = lines(writer.state(refreshing).value_or(""));
  const auto root = refresh.root.text();
  if (std::find(roots.begin(), roots.end(), root) != roots.end()) return;
  roots.push_back(root);
  write_list(writer, roots);
}

void remove_refresh(store::Writer& writer, const model::Uuid& root) {
  clear_awaiting(writer, root);
  auto roots = lines(writer.state(refreshing).value_or(""));
  if (std::erase(roots, root.text()) == 0) return;
  write_list(writer, roots);
  writer.remove_state(refresh_name(root));
}

bool is_refreshing(const store::Reader& reader, const model::Uuid& root) {
  return reader.state(refresh_name(root)).has_value();
}

std::vector<Refresh> load_refreshes(const store::Reader& reader) {
  std::vector<Refresh> out;
  for (const auto& text : lines(reader.state(refreshing).value_or(""))) {
    const auto root = model::Uuid::parse(text);
    if (!root) continue;
    if (const auto bytes = reader.state(refresh_name(*root))) out.push_back(parse_refresh(*root, *bytes));
  }
  return out;
}

}  // namespace replkit::refserver::exchange
