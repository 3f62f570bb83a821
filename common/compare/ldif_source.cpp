// An LDIF file as a source of the comparison.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "common/compare/source.hpp"
#include "common/model/dn.hpp"
#include "common/model/filter.hpp"
#include "common/model/ldif.hpp"

namespace replkit::compare {

namespace {

// An unnamed temporary file that holds a copy of standard input; gone with the process.
class Spool {
 public:
  explicit Spool(const CancelToken& cancel) {
    const char* directory = std::getenv("TMPDIR");
    std::string pattern =
        std::string(directory != nullptr && *directory != '\0' ? directory : "/tmp") + "/replkit.XXXXXX";
    fd_ = ::mkostemp(pattern.data(), O_CLOEXEC);
    if (fd_ < 0) throw LocalError(pattern + ": cannot create: " + last_error_text());
    ::unlink(pattern.c_str());
    std::string buffer(1U << 16, '\0');
    for (;;) {
      cancel.check();
      const auto n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw LocalError("standard input: cannot read: " + last_error_text());
      if (n == 0) break;
      for (ssize_t done = 0; done < n;) {
        const auto w = ::write(fd_, buffer.data() + done, static_cast<std::size_t>(n - done));
        if (w < 0) throw LocalError("cannot keep a copy of standard input below $TMPDIR: " + last_error_text());
        done += w;
      }
    }
  }
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;
  ~Spool() { ::close(fd_); }

  std::string path() const { return fmt::format("/proc/self/fd/{}", fd_); }

 private:
  int fd_ = -1;
};

class LdifSource final : public Source {
 public:
  LdifSource(std::string name, const std::string& path, const CancelToken& cancel)
      : name_(std::move(name)), cancel_(cancel) {
    if (path == "-") spool_ = std::make_unique<Spool>(cancel);
    path_ = spool_ ? spool_->path() : path;
    label_ = path == "-" ? "standard input" : path;
    look_ahead();
  }

  const std::string& name() const override { return name_; }
  std::string kind() const override { return "ldif"; }
  bool is_live() const override { return false; }
  std::string id_attribute() const override { return has_id_ ? "entryUUID" : ""; }
  std::string csn_attribute() const override { return has_csn_ ? "entryCSN" : ""; }
  const model::Schema& schema() override { return model::Schema::standard(); }
  directory::Unreplicated unreplicated() override { return {}; }
  std::optional<ldup::Csn> parse_csn(std::string_view value) const override {
    try {
      return ldup::Csn::parse(value);
    } catch (const ParseError&) {
      return std::nullopt;
    }
  }
  std::optional<ldup::UpdateVector> vector() override {
    return vector_.empty() ? std::nullopt : std::optional(vector_);
  }
  directory::Refresh refresh() override { return directory::Refresh::idle; }
  std::optional<std::uint64_t> own_count(const Area&) override { return std::nullopt; }
  bool hides_children(const std::string&) override { return false; }
  std::vector<std::string> notes() const override { return notes_; }

  ScanOutcome scan(const Area& area, Fingerprinter& fingerprinter, const ScanSink& sink) override;
  void read(const Area& area, const std::vector<Wanted>& wanted, const std::vector<std::string>& attributes,
            const ReadVisitor& visitor) override;
  void resolve(const Area& area, Fingerprinter& fingerprinter, const std::vector<EntryKey>& keys,
               const std::function<void(const EntryKey&, std::string_view dn)>& visitor) override;

 private:
  // Learns from the first entry whether the export carries ids and CSNs.
  void look_ahead();
  // Calls the visitor for each entry of the file; throws LdifError, LocalError, Cancelled.
  template <typename Visit>
  void each_entry(Visit&& visit, bool* cut_off = nullptr);
  // Whether an entry proves that the file is about the base: it lies there, or is the base's parent.
  static bool shows_base(const std::string& normalized_dn, const std::string& normalized_base);
  static bool in_scope(const std::string& normalized_dn, const std::string& normalized_base, ldap::Scope scope);

  std::string name_;
  std::string path_;
  std::string label_;
  const CancelToken& cancel_;
  std::unique_ptr<Spool> spool_;
  model::Schema schema_ = model::Schema::standard();  // that of the run, once the scan has brought it
  bool has_id_ = false;
  bool has_csn_ = false;
  ldup::UpdateVector vector_;
  ldup::UpdateVector newest_;  // of the entries
  std::vector<std::string> notes_;
};

template <typename Visit>
void LdifSource::each_entry(Visit&& visit, bool* cut_off) {
  model::LdifReader reader(model::open_bytes(path_), label_);
  for (std::uint64_t count = 0; auto entry = reader.next_entry(); ++count) {
    if (count % 1024 == 0) cancel_.check();
    if (!visit(*entry)) return;
  }
  if (cut_off != nullptr) *cut_off = reader.cut_off();
}

void LdifSource::look_ahead() {
  try {
    each_entry([&](const model::Entry& entry) {
      has_id_ = entry.find("entryUUID") != nullptr;
      has_csn_ = entry.find("entryCSN") != nullptr;
      return false;
    });
  } catch (const model::LdifError&) {
    // The scan meets it again and reports how much of the file could be read.
  }
}

bool LdifSource::shows_base(const std::string& dn, const std::string& base) {
  return base.empty() || model::is_at_or_below(dn, base) || (!dn.empty() && model::parent_of(base) == dn);
}

bool LdifSource::in_scope(const std::string& dn, const std::string& base, ldap::Scope scope) {
  if (!base.empty() && !model::is_at_or_below(dn, base)) return false;
  switch (scope) {
    case ldap::Scope::base:
      return dn == base;
    case ldap::Scope::one:
      return dn != base && model::parent_of(dn) == base;
    case ldap::Scope::subtree:
      return true;
    case ldap::Scope::children:
      return dn != base;
  }
  return false;
}

ScanOutcome LdifSource::scan(const Area& area, Fingerprinter& fingerprinter, const ScanSink& sink) {
  schema_ = fingerprinter.rules().schema;
  const auto filter = model::Filter::parse(area.filter);
  const bool all = equals_ignore_case(area.filter, "(objectClass=*)");
  const auto& rules = fingerprinter.rules();
  std::string base;
  model::normalize_dn(area.base, rules.schema, base);
  ScanOutcome out;
  bool cut_off = false;
  bool found_base = false;
  bool inside = false;
  try {
    each_entry(
        [&](const model::Entry& entry) {
          if (const auto* csns = entry.find("contextCSN"); csns != nullptr) {
            for (const auto& value : csns->values) {
              if (const auto csn = parse_csn(value)) vector_.merge(*csn);
            }
          }
          if (has_csn_) {
            if (const auto csn = parse_csn(entry.first("entryCSN"))) newest_.merge(*csn);
          }
          const auto fingerprint = fingerprinter.take(entry);
          found_base = found_base || shows_base(fingerprinter.normalized_dn(), base);
          inside = inside || base.empty() || model::is_at_or_below(fingerprinter.normalized_dn(), base);
          if (!fingerprint || !in_scope(fingerprinter.normalized_dn(), base, area.scope)) return true;
          if (!all && !filter.matches(entry, rules.schema)) return true;
          sink(*fingerprint);
          ++out.entries;
          return true;
        },
        &cut_off);
    out.no_base = !inside;
    // A running slapd writes contextCSN to its database now and then only, so a dump holds entries that are newer; at
    // its start slapd itself takes their CSNs into the vector.
    if (!vector_.empty()) {
      for (const auto& [replica, csn] : newest_.components()) vector_.merge(csn);
    }
    // A base below another entry of the file may be missing; any other is a mistake, of which nothing follows.
    if (!found_base)
      out.reasons.push_back(fmt::format("{} has no entry {}", label_, base.empty() ? "at all" : area.base));
    if (cut_off) out.reasons.push_back(label_ + " ends in the middle of a line: it may be cut off; export it again");
  } catch (const model::LdifError& error) {
    out.reasons.emplace_back(error.what());
  } catch (const LocalError& error) {
    out.reasons.emplace_back(error.what());
  }
  return out;
}

// One more pass over the file, whatever the number of entries wanted: O(file).
void LdifSource::read(const Area& area, const std::vector<Wanted>& wanted, const std::vector<std::string>&,
                      const ReadVisitor& visitor) {
  std::map<EntryKey, std::size_t> by_id;
  std::map<std::string, std::size_t> by_dn;
  std::string normalized;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].dn.empty()) {
      by_id.emplace(wanted[i].key, i);
    } else {
      model::normalize_dn(wanted[i].dn, schema_, normalized);
      by_dn.emplace(normalized, i);
    }
  }
  std::string base;
  model::normalize_dn(area.base, schema_, base);
  each_entry([&](const model::Entry& entry) {
    model::normalize_dn(entry.dn, schema_, normalized);
    if (!in_scope(normalized, base, area.scope)) return true;
    if (const auto place = by_dn.find(normalized); place != by_dn.end()) visitor(place->second, entry);
    if (by_id.empty()) return true;
    if (const auto place = by_id.find(key_of_id(entry.first("entryUUID"))); place != by_id.end())
      visitor(place->second, entry);
    return true;
  });
}

void LdifSource::resolve(const Area&, Fingerprinter& fingerprinter, const std::vector<EntryKey>& keys,
                         const std::function<void(const EntryKey&, std::string_view dn)>& visitor) {
  each_entry([&](const model::Entry& entry) {
    const auto fingerprint = fingerprinter.take(entry);
    if (fingerprint && std::binary_search(keys.begin(), keys.end(), fingerprint->key))
      visitor(fingerprint->key, entry.dn);
    return true;
  });
}

}  // namespace

std::unique_ptr<Source> open_ldif_source(std::string name, const std::string& path, const CancelToken& cancel) {
  return std::make_unique<LdifSource>(std::move(name), path, cancel);
}

}  // namespace replkit::compare
