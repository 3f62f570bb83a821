// What SearchWithMetaData returns of entries (draft-ietf-ldup-mrm-02 3.14): intermediate responses.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/ldup/metadata.hpp"
#include "tests/refserver/directory/audit.hpp"
#include "tests/refserver/directory/search.hpp"
#include "tests/refserver/directory/selection.hpp"

namespace replkit::refserver::metadata {

struct SearchMetaData {
  bool deleted_entries = false;
  bool attribute_change_state = false;
};

class MetaDataAnswer : public directory::SearchAnswer {
 public:
  // `record` goes to the audit trail when the search ends, or is stopped.
  MetaDataAnswer(const directory::Call& call, SearchMetaData wanted, directory::AuditRecord record);
  ~MetaDataAnswer() override;

  void put_entry(std::string& out, const store::Reader& reader, directory::EntryView& entry,
                 const store::StoredEntry* deleted) override;
  void put_reference(std::string& out, std::span<const std::string> uris) override;
  void put_result(std::string& out, const protocol::Result& result,
                  std::span<const protocol::Control> controls) override;
  bool wants_deleted() const override { return wanted_.deleted_entries; }
  bool shows(std::string_view key) override;

 private:
  bool is_selected(std::string_view description, std::string_view key) const;
  void put_made_up(directory::EntryView& entry, ldup::SearchMetaDataEntry& out) const;
  void put_stored(const store::StoredEntry& stored, std::string_view key, ldup::SearchMetaDataEntry& out) const;
  void put_csns(const store::StoredEntry& stored, std::string_view key, ldup::SearchMetaDataEntry& out) const;
  static ldup::EntryState state_of(const store::StoredEntry& stored, const store::Reader& reader);

  const directory::Call& call_;
  const protocol::SearchRequest& request_;
  const SearchMetaData wanted_;
  const directory::Selection selection_;
  directory::AuditRecord record_;
  bool recorded_ = false;
};

}  // namespace replkit::refserver::metadata
