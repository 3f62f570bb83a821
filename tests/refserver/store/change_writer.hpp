// The Writer that changes get: puts records with the tree, UUIDs and indexes in one transaction.
#pragma once

#include <cstddef>
#include <exception>
#include <string>
#include <vector>

#include "tests/refserver/store/csn_generator.hpp"
#include "tests/refserver/store/index_set.hpp"
#include "tests/refserver/store/view.hpp"

namespace replkit::refserver::store {

class ChangeWriter final : public Writer {
 public:
  ChangeWriter(const Environment& environment, const schema::Schema& schema, const IndexSet& indexes,
               CsnGenerator& csns, const StoreState& committed);

  EntryId put(const StoredEntry& entry) override;
  void erase(EntryId id) override;
  void put_state(std::string_view name, std::string_view bytes) override;
  void remove_state(std::string_view name) override;
  ldup::Csn next_csn() override;
  void see_csn(const ldup::Csn& csn) override;

  // How many times a table was changed; what a change that threw left here tells whether it got half way.
  std::size_t steps() const { return steps_; }
  // The bytes of the records put so far.
  std::size_t bytes() const { return bytes_; }
  // Throws what made the transaction unusable, if anything did, even when the change has swallowed it.
  void check_usable() const;

  // Writes all to disk and returns the state as it is now. Throws MapFull or LocalError.
  StoreState commit();

 private:
  struct Plan;
  void check_place(const StoredEntry& entry, EntryId id) const;
  Plan plan_put(const StoredEntry& entry);
  void plan_old(std::string_view record, const RecordHead& head, Plan& plan);
  void move_changes(const std::vector<std::string>& old, const std::vector<std::string>& fresh);
  void run(const Plan& plan);
  void put_value(MDB_dbi table, MDB_val key, MDB_val value, unsigned flags);
  void remove(MDB_dbi table, MDB_val key, MDB_val* value);

  WriteTransaction transaction_;
  View view_;
  StoreState state_;
  const IndexSet& indexes_;
  CsnGenerator& csns_;
  std::exception_ptr broken_;
  std::size_t steps_ = 0;
  std::size_t bytes_ = 0;
  bool state_changed_ = false;

  // Kept for their memory.
  std::string record_;
  std::vector<ldup::Csn> record_csns_;
  LiveEntry old_live_;
  LiveEntry new_live_;
};

}  // namespace replkit::refserver::store
