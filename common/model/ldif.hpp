// LDIF (RFC 2849), entries and change records, both ways, streamed: memory is one record.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/error.hpp"
#include "common/model/entry.hpp"

namespace replkit::model {

// --- Reading ---

// Malformed LDIF: what() begins with "NAME:LINE: ". Status 7: the file is at fault.
class LdifError : public Error {
 public:
  LdifError(const std::string& name, std::uint64_t line, const std::string& problem);
  std::uint64_t line() const { return line_; }

 private:
  std::uint64_t line_;
};

// A stream of bytes to read LDIF from: a file, standard input, gzip or plain.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Puts up to `size` bytes at `data` and returns how many; 0 at the end. Throws LocalError.
  virtual std::size_t read(char* data, std::size_t size) = 0;
};

// Opens the file; "-" is standard input. gzip (of several members too) is recognized by its first bytes. Throws
// LocalError, here or while reading, with the system's reason, or when gzip data is damaged or cut off.
std::unique_ptr<ByteSource> open_bytes(const std::string& path);
// Reads from memory, which must outlive the source.
std::unique_ptr<ByteSource> memory_bytes(std::string_view data);

enum class ModifyKind : std::uint8_t { add, remove, replace, increment };

struct Modification {
  ModifyKind kind = ModifyKind::add;
  std::string description;
  std::vector<std::string> values;

  bool operator==(const Modification&) const = default;
};

struct LdifControl {
  std::string oid;
  std::optional<bool> critical;
  std::optional<std::string> value;

  bool operator==(const LdifControl&) const = default;
};

struct AddChange {
  std::vector<Attribute> attributes;
  bool operator==(const AddChange&) const = default;
};
struct DeleteChange {
  bool operator==(const DeleteChange&) const = default;
};
struct ModifyChange {
  std::vector<Modification> modifications;
  bool operator==(const ModifyChange&) const = default;
};
struct RenameChange {
  std::string new_rdn;
  bool delete_old_rdn = true;
  std::optional<std::string> new_superior;
  bool operator==(const RenameChange&) const = default;
};

struct ChangeRecord {
  std::string dn;
  std::vector<LdifControl> controls;
  std::variant<AddChange, DeleteChange, ModifyChange, RenameChange> change;

  bool operator==(const ChangeRecord&) const = default;
};

struct LdifLimits {
  std::size_t line_bytes = 64U << 20;  // one unfolded line
  std::size_t record_bytes =
      256U << 20;  // one record: its unfolded lines, each with 32 bytes for what it costs in memory
};

class LdifReader {
 public:
  // `name` stands in error messages. The source is read as next() is called, never whole.
  LdifReader(std::unique_ptr<ByteSource> source, std::string name, LdifLimits limits = {});
  ~LdifReader();

  // Returns the next record; nothing at the end of the file. A record without changetype is an Entry (repeated
  // attributes are merged into one Attribute). Takes LF and CRLF, comments, folding, `version: 1`, base64; refuses
  // `attr:< URL` by name. Throws LdifError, after which the reader is of no more use. The last line may lack its line
  // end (people's editors do that); cut_off() then tells so, because a file that was cut while it was written ends the
  // same way.
  std::optional<std::variant<Entry, ChangeRecord>> next();
  // As next(), but throws LdifError at a change record: for files that must hold entries.
  std::optional<Entry> next_entry();

  // The line (from 1) at which the record last returned began.
  std::uint64_t record_line() const;

  // Whether the end was reached in the middle of a line.
  bool cut_off() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// --- Writing ---

class LdifWriter {
 public:
  using Sink = std::function<void(std::string_view)>;

  // `wrap`: the column at which lines fold; 0: never.
  explicit LdifWriter(Sink sink, std::size_t wrap = 76);

  // Writes "version: 1"; before the first record, if at all.
  void version();
  // Writes one "# " line a line of text, with control characters escaped and never folded.
  void comment(std::string_view text);
  // Each writes one record and the empty line after it, in one call of the sink. Throws ParseError, with nothing
  // written, for an attribute description or control OID that cannot stand in LDIF.
  void entry(const Entry& entry);
  void change(const ChangeRecord& record);

 private:
  void flush();
  void line(std::string_view name, std::string_view value);
  void fold(std::string_view text);
  void attributes(const std::vector<Attribute>& attributes);
  void control(const LdifControl& control);
  void modifications(const std::vector<Modification>& modifications);

  Sink sink_;
  std::size_t wrap_;
  std::string buffer_;
};

}  // namespace replkit::model
