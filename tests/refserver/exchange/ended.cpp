#include "tests/refserver/exchange/ended.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "common/base/error.hpp"

namespace replkit::refserver::exchange {

namespace {

std::string within_name(const model::Uuid& root) {
  return "areas within " + root.text();
}

std::string ended_name(const model::Uuid& root) {
  return "areas ended within " + root.text();
}

std::vector<model::Uuid> load_within(const store::Reader& reader, const model::Uuid& root) {
  std::vector<model::Uuid> out;
  std::istringstream words(reader.state(within_name(root)).value_or(""));
  for (std::string word; words >> word;) {
    if (const auto uuid = model::Uuid::parse(word)) out.push_back(*uuid);
  }
  return out;
}

void save_within(store::Writer& writer, const model::Uuid& root, const std::vector<model::Uuid>& inner) {
  if (inner.empty()) return writer.remove_state(within_name(root));
  std::string text;
  for (const auto& each : inner) text += each.text() + '\n';
  writer.put_state(within_name(root), text);
}

std::vector<EndedArea> load_ended(const store::Reader& reader, const model::Uuid& root) {
  std::vector<EndedArea> out;
  std::istringstream words(reader.state(ended_name(root)).value_or(""));
  for (std::string uuid, csn, partner; words >> uuid >> csn >> partner;) {
    if (const auto ended = model::Uuid::parse(uuid)) out.push_back({*ended, ldup::Csn::parse(csn), partner});
  }
  return out;
}

void save_ended(store::Writer& writer, const model::Uuid& root, const std::vector<EndedArea>& ended) {
  if (ended.empty()) return writer.remove_state(ended_name(root));
  std::string text;
  for (const auto& each : ended) text += fmt::format("{} {} {}\n", each.root.text(), each.at.text(), each.partner);
  writer.put_state(ended_name(root), text);
}

}  // namespace

void note_ended(Core& core, const LocalArea& area) {
  if (area.own == nullptr || area.refreshing) return;
  const auto& root = area.root();
  auto now = area.scope.inner_roots;
  std::sort(now.begin(), now.end());
  if (load_within(*core.store.snapshot(), root) == now) return;
  std::vector<model::Uuid> gone;
  core.store.apply([&](store::Writer& writer) {
    gone = load_within(writer, root);
    std::erase_if(gone, [&](const model::Uuid& each) {
      return std::binary_search(now.begin(), now.end(), each) || writer.find(each) == store::no_entry;
    });
    save_within(writer, root, now);
    auto ended = load_ended(writer, root);
    std::erase_if(ended, [&](const EndedArea& each) { return area.model.replica(each.partner) == nullptr; });
    for (const auto& each : gone) {
      for (const auto& replica : area.model.replicas()) {
        if (&replica != area.own) ended.push_back({each, writer.last_csn(), replica.id});
      }
    }
    save_ended(writer, root, ended);
  });
  if (gone.empty()) return;
  core.log(LogLevel::info,
           fmt::format("{}: {} areas within it have ended, and are sent with it", area.root_dn(), gone.size()));
  core.notify({.root = root, .attributes = {}, .count = 1, .from = {}});
}

std::vector<EndedArea> ended_for(const store::Reader& reader, const model::Uuid& root, const std::string& partner) {
  auto out = load_ended(reader, root);
  std::erase_if(out, [&](const EndedArea& each) { return each.partner != partner; });
  return out;
}

void forget_ended(Core& core, const model::Uuid& root, const std::vector<EndedArea>& sent) {
  if (sent.empty()) return;
  core.store.apply([&](store::Writer& writer) {
    auto ended = load_ended(writer, root);
    std::erase_if(ended,
                  [&](const EndedArea& each) { return std::find(sent.begin(), sent.end(), each) != sent.end(); });
    save_ended(writer, root, ended);
  });
}

}  // namespace replkit::refserver::exchange
