#include "tests/refserver/exchange/covered.hpp"

#include <algorithm>
#include <sstream>

namespace replkit::refserver::exchange {

namespace {

std::string state_name(const model::Uuid& root, const std::string& partner) {
  return "covered, of " + root.text() + " for " + partner;
}

void take(Covered& covered, const ldup::Csn& csn) {
  const auto [at, first] = covered.oldest.try_emplace(csn.replica_id(), csn);
  if (!first) at->second = std::min(at->second, csn);
}

Covered load(const store::Reader& reader, const std::string& name) {
  Covered out;
  std::istringstream words(reader.state(name).value_or(""));
  words >> out.mark;
  for (std::string csn; words >> csn;) take(out, ldup::Csn::parse(csn));
  return out;
}

void save(store::Writer& writer, const std::string& name, const Covered& covered) {
  auto text = covered.mark;
  for (const auto& [id, csn] : covered.oldest) text += '\n' + csn.text();
  writer.put_state(name, text);
}

}  // namespace

ldup::UpdateVector Covered::lowered(const ldup::UpdateVector& vector) const {
  ldup::UpdateVector out;
  for (const auto& [id, csn] : vector.components()) {
    const auto found = oldest.find(id);
    const bool all = found == oldest.end();
    out.merge(all ? csn : std::min(csn, ldup::Csn(found->second.time() - std::chrono::seconds(1), 0, id, 0)));
  }
  return out;
}

void note_covered(store::Writer& writer, const LocalArea& area, const std::string& from,
                  const ldup::EntryUpdate& update, const ldup::UpdateVector& vector, const std::string& mark) {
  Covered come{mark, {}};
  for (const auto& primitive : update.primitives) {
    if (vector.covers(primitive.csn)) take(come, primitive.csn);
  }
  if (come.oldest.empty()) return;
  for (const auto& partner : area.partners) {
    if (partner.replica.id == from) continue;
    const auto name = state_name(area.root(), partner.replica.id);
    auto all = load(writer, name);
    all.mark = mark;
    for (const auto& [id, csn] : come.oldest) take(all, csn);
    save(writer, name, all);
  }
}

Covered covered_for(const store::Reader& reader, const model::Uuid& root, const std::string& partner) {
  return load(reader, state_name(root, partner));
}

void forget_covered(Core& core, const model::Uuid& root, const std::string& partner, const Covered& sent) {
  if (sent.mark.empty()) return;
  core.store.apply([&](store::Writer& writer) {
    const auto name = state_name(root, partner);
    if (load(writer, name).mark == sent.mark) writer.remove_state(name);
  });
}

}  // namespace replkit::refserver::exchange
