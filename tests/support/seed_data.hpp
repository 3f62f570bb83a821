// Sample directories of any size, the same for the same options.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace replkit::support {

struct SeedOptions {
  std::size_t persons = 1000;
  std::string suffix = "dc=example,dc=com";
  std::uint64_t seed = 1;
  unsigned servers = 2;                                 // the entryCSNs name server ids 1 to this
  std::optional<std::uint64_t> shuffle = std::nullopt;  // order of the entries below the ou's; nothing: by number
};

// Gives the LDIF record by record: suffix, cn=admin, ou=people, ou=groups and ou=load (empty), then `persons`
// inetOrgPerson entries of 11-15 attributes, a tenth with a jpegPhoto of 1-4 KiB, and persons/200 groupOfNames of 20-60
// members (the first with a tenth of all persons, up to 10000). entryUUID, entryCSN and the times are given, so that
// slapadd -w makes the same entries on every server, in whatever order. Memory: 4 bytes an entry when shuffled, else
// none.
void write_seed_data(const SeedOptions& options, const std::function<void(std::string_view)>& sink);

// Writes the same to a file, or returns it.
void write_seed_data(const SeedOptions& options, const std::filesystem::path& file);
std::string seed_data(const SeedOptions& options);

// Returns the DN of person `number` (from 0).
std::string person_dn(const SeedOptions& options, std::size_t number);

}  // namespace replkit::support
