#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/text.hpp"
#include "tools/replcompare.hpp"

namespace replkit::tools {

namespace {

using nlohmann::json;

json source_json(const compare::SourceReport& source) {
  json vector = nullptr;
  if (source.vector) {
    vector = json::object();
    for (const auto& [replica, csn] : source.vector->components())
      vector[replica] = source.kind == "ldup" ? csn.ldup_text() : csn.text();
  }
  json reasons = json::array();
  for (const auto& reason : source.reasons) reasons.push_back(cli::json_text(reason));
  json notes = json::array();
  for (const auto& note : source.notes) notes.push_back(cli::json_text(note));
  json out{{"name", source.name},
           {"kind", source.kind},
           {"entries", source.entries},
           {"complete", source.complete()},
           {"reached", source.reached},
           {"reasons", reasons},
           {"notes", notes},
           {"vector", vector}};
  if (source.outside != 0) out["outside"] = source.outside;  // not compared: its replica does not hold them
  return out;
}

json summary_json(const compare::Summary& summary) {
  json out{{"matched", summary.matched},          {"missing", summary.missing},     {"changed", summary.changed},
           {"renamed", summary.renamed},          {"in_flight", summary.in_flight}, {"diverged", summary.diverged},
           {"unknown", summary.unknown},          {"stalled", summary.stalled},     {"ignored", summary.ignored},
           {"not_compared", summary.not_compared}};
  if (summary.oldest_in_flight)
    out["oldest_in_flight_seconds"] = static_cast<double>(summary.oldest_in_flight->count()) / 1e6;
  return out;
}

// With "json" one document at the end, differences by DN; with "jsonl" each difference on a line as it is confirmed,
// then the rest.
class JsonPrinter final : public ComparePrinter {
 public:
  explicit JsonPrinter(const ReplcompareSettings& settings) : settings_(settings), redactor_(settings.show_secrets) {}

  void difference(compare::Difference&& difference) override {
    auto found = difference_json(difference);
    if (settings_.format == CompareFormat::jsonl) {
      cli::print_out(cli::to_json(found) + "\n");
      cli::flush_out();
    } else {
      // Kept as text: a document tree takes five times the memory, and a directory can differ in every entry.
      differences_.emplace_back(found.at("dn").dump(), cli::to_json(found, 2));
    }
  }

  void finish(const compare::Result& result) override {
    json document{{"schema", "replcompare/1"},
                  {"base", cli::json_text(result.base)},
                  {"complete", result.complete()},
                  {"summary", summary_json(result.summary)},
                  {"excluded_attributes", result.rules.excluded},
                  {"most_waiting", result.most_waiting},
                  {"reference", settings_.options.reference}};
    if (!result.stop_reason.empty()) document["stop_reason"] = result.stop_reason;
    document["notes"] = result.notes;
    document["sources"] = json::array();
    for (const auto& source : result.sources) document["sources"].push_back(source_json(source));
    if (settings_.format == CompareFormat::jsonl) {
      cli::print_out(cli::to_json(document) + "\n");
      return;
    }
    document["differences"] = json::array();
    print_with_differences(cli::to_json(document, 2));
  }

 private:
  json difference_json(const compare::Difference& difference) const;
  void print_with_differences(const std::string& document);
  json value_json(const std::string& attribute, const std::string& value) const {
    if (redactor_.hides(attribute)) return {{"redacted", true}, {"digest", redactor_.digest(value)}};
    return cli::json_text(value);
  }

  const ReplcompareSettings& settings_;
  Redactor redactor_;
  std::vector<std::pair<std::string, std::string>> differences_;  // the DN to sort by, and the JSON
};

json JsonPrinter::difference_json(const compare::Difference& difference) const {
  const auto& judgement = difference.judgement;
  json out{{"kind", word_of(difference.kind)},
           {"verdict", word_of(judgement.verdict)},
           {"dn", cli::json_text(difference.dn)}};
  out["entries"] = json::array();
  for (std::size_t s = 0; s < difference.entries.size(); ++s) {
    const auto& shown = difference.entries[s];
    json entry{{"source", s}, {"present", shown.present}};
    if (!shown.known) entry = {{"source", s}, {"present", nullptr}};
    if (shown.outside) entry["outside"] = true;
    if (shown.present) {
      entry["dn"] = cli::json_text(shown.dn);
      if (!shown.id.empty()) entry["uuid"] = cli::json_text(shown.id);
      if (!shown.csn.empty()) entry["csn"] = cli::json_text(shown.csn);
    }
    if (!shown.lacking.empty()) entry["lacking"] = shown.lacking;  // hidden, or damage: not compared
    if (shown.never_existed) entry["never_existed"] = true;
    if (shown.deleted) entry["deleted"] = true;
    if (!shown.deleted_csn.empty()) {
      entry["deleted_csn"] = cli::json_text(shown.deleted_csn);
      entry["deleted_by"] = cli::json_text(shown.deleted_by);
    }
    out["entries"].push_back(std::move(entry));
  }
  out["attributes"] = json::array();
  for (const auto& attribute : difference.attributes) {
    json only = json::array();
    for (std::size_t s = 0; s < attribute.only.size(); ++s) {
      if (!difference.entries[s].present) continue;
      json values = json::array();
      for (const auto& value : attribute.only[s]) values.push_back(value_json(attribute.name, value));
      only.push_back({{"source", s}, {"values", std::move(values)}});
    }
    out["attributes"].push_back({{"name", attribute.name}, {"only", std::move(only)}});
  }
  if (judgement.verdict == compare::Verdict::in_flight) {
    out["waits_for"] = word_of(judgement.waits_for);
    if (judgement.waits_for != compare::WaitsFor::settle) out["waits_for_source"] = judgement.source;
    if (judgement.csn) {
      out["waits_for_csn"] = difference.awaited_csn;
      out["age_seconds"] = static_cast<double>(judgement.age.count()) / 1e6;
    }
    out["stalled"] = judgement.stalled;
  }
  if (difference.identity_differs) out["identity_differs"] = true;
  if (difference.descendants != 0) out["descendants"] = difference.descendants;
  if (difference.entries.size() > 2) out["odd"] = difference.odd;
  if (!difference.detailed) out["details"] = false;
  return out;
}

// Prints the document with the differences, by DN, where it has an empty list of them.
void JsonPrinter::print_with_differences(const std::string& document) {
  const std::string empty_list = "\n  \"differences\": []";
  const auto place = document.find(empty_list) + empty_list.size() - 1;
  std::stable_sort(differences_.begin(), differences_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  cli::print_out(document.substr(0, place));
  const char* before = "";
  for (const auto& [dn, text] : differences_) {
    cli::print_out(before);
    for (const auto line : split(text, '\n')) {
      cli::print_out("\n    ");
      cli::print_out(line);
    }
    before = ",";
  }
  cli::print_out((differences_.empty() ? "" : "\n  ") + document.substr(place) + "\n");
}

}  // namespace

std::unique_ptr<ComparePrinter> json_printer(const ReplcompareSettings& settings) {
  return std::make_unique<JsonPrinter>(settings);
}

}  // namespace replkit::tools
