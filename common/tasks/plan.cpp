#include "common/tasks/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "common/base/text.hpp"
#include "common/tasks/names.hpp"

namespace replkit::tasks {

namespace {

constexpr const char* not_shown = "(not shown)";

void hide(std::string_view description, std::vector<std::string>& values) {
  if (is_secret(description)) std::fill(values.begin(), values.end(), not_shown);
}

// Operational attributes that every server makes anew.
bool is_maintained(std::string_view description) {
  constexpr std::array names{"creatorsName",          "createTimestamp",   "modifiersName",     "modifyTimestamp",
                             "structuralObjectClass", "entryUUID",         "entryCSN",          "entryDN",
                             "hasSubordinates",       "numSubordinates",   "subschemaSubentry", "createdEntryCSN",
                             "deletedEntryCSN",       "replicationStatus", "updateVector"};
  return std::any_of(names.begin(), names.end(),
                     [&](const char* name) { return equals_ignore_case(description, name); });
}

}  // namespace

bool is_secret(std::string_view description) {
  constexpr std::array names{"userPassword",    "authPassword",    "ldupBindPassword", "unicodePwd",
                             "sambaNTPassword", "sambaLMPassword", "krbPrincipalKey"};
  const auto type = description.substr(0, description.find(';'));
  return std::any_of(names.begin(), names.end(), [&](const char* name) { return equals_ignore_case(type, name); });
}

void Plan::append(Plan other) {
  const auto move_all = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  move_all(steps, other.steps);
  move_all(skipped, other.skipped);
  move_all(notes, other.notes);
  move_all(removed, other.removed);
}

void print_plan(const Plan& plan, const std::function<std::string(const std::string&)>& uri_of,
                const model::LdifWriter::Sink& sink) {
  model::LdifWriter writer(sink);
  for (const auto& step : plan.steps) {
    writer.comment(fmt::format("{}: {}", uri_of(step.server), step.what));
    writer.change(without_secrets(step.change));
  }
}

model::ChangeRecord without_secrets(model::ChangeRecord record) {
  if (auto* add = std::get_if<model::AddChange>(&record.change)) {
    for (auto& attribute : add->attributes) hide(attribute.description, attribute.values);
  } else if (auto* modify = std::get_if<model::ModifyChange>(&record.change)) {
    for (auto& each : modify->modifications) hide(each.description, each.values);
  }
  return record;
}

std::string backup_ldif(const Plan& plan, const std::function<std::string(const std::string&)>& uri_of) {
  std::string out;
  model::LdifWriter writer([&](std::string_view text) { out += text; });
  writer.comment("What repctl was about to remove. ldapadd puts it back, one part a server.");
  std::string server;
  for (const auto& removed : plan.removed) {
    if (removed.server != server) {
      server = removed.server;
      writer.comment("On " + uri_of(server));
    }
    model::ChangeRecord record;
    record.dn = removed.entry.dn;
    model::AddChange add;
    for (const auto& attribute : removed.entry.attributes) {
      if (is_maintained(attribute.description)) {
        for (const auto& value : attribute.values) writer.comment(attribute.description + ": " + value);
      } else {
        add.attributes.push_back(attribute);
      }
    }
    record.change = std::move(add);
    writer.change(record);
  }
  return out;
}

}  // namespace replkit::tasks
