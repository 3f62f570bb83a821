#include "tools/replmeta/json.hpp"

#include <nlohmann/json.hpp>

#include "common/base/time.hpp"
#include "common/cli/output.hpp"

namespace replkit::tools::replmeta {

nlohmann::json json_of(const ldup::Csn& csn) {
  nlohmann::json out = {{"csn", csn.ldup_text()}, {"replica", csn.replica_id()}};
  // The least CSN was made by nobody at no time.
  out["time"] = csn == ldup::Csn() ? nlohmann::json() : nlohmann::json(format_utc(csn.time()));
  return out;
}

nlohmann::json json_of(const ldup::SearchMetaDataEntry& entry) {
  nlohmann::json out = {{"dn", cli::json_text(entry.name)}, {"attributes", nlohmann::json::array()}};
  for (const auto& attribute : entry.attributes) {
    nlohmann::json row = {{"type", cli::json_text(attribute.type)}, {"values", nlohmann::json::array()}};
    for (const auto& value : attribute.values) {
      nlohmann::json each = {
          {"value", cli::json_text(value.value)}, {"deleted", value.deleted}, {"distinguished", value.distinguished}};
      if (value.csn) each["written"] = json_of(*value.csn);
      row["values"].push_back(std::move(each));
    }
    if (attribute.deletion_csn) row["cleared"] = json_of(*attribute.deletion_csn);
    out["attributes"].push_back(std::move(row));
  }
  if (!entry.state) return out;
  const auto& state = *entry.state;
  nlohmann::json told = {{"glue", state.glue}, {"tombstone", state.deleted_csn.has_value()}};
  const auto tell = [&](const char* name, const auto& csn) {
    if (csn) told[name] = json_of(*csn);
  };
  if (state.entry) told["entryUUID"] = state.entry->text();
  if (state.superior) told["superior"] = state.superior->text();
  tell("deletedEntryCSN", state.deleted_csn);
  tell("createdEntryCSN", state.created_csn);
  tell("rdnCSN", state.rdn_csn);
  tell("superiorCSN", state.superior_csn);
  out["state"] = std::move(told);
  return out;
}

}  // namespace replkit::tools::replmeta
