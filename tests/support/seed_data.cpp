#include "tests/support/seed_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <random>
#include <vector>

#include "common/base/base64.hpp"
#include "common/base/files.hpp"

namespace replkit::support {

namespace {

constexpr std::array given_names{"Ada",  "Björn", "Chidi", "Dana", "Emre", "Fatima", "Goran", "Hana",
                                 "Ivan", "Joana", "Kofi",  "Lena", "Miko", "Nadia",  "Omar",  "Zoë"};
constexpr std::array surnames{"Abel",  "Berg",  "Costa",  "Diaz",  "Evans", "Fischer", "García", "Huber",
                              "Ito",   "Jonas", "Kovács", "Lopez", "Meyer", "Novak",   "Okoye",  "Petrov",
                              "Quinn", "Rossi", "Sato",   "Tamm",  "Ueda",  "Vogel",   "Weber",  "Young"};
constexpr std::array titles{"Engineer", "Accountant", "Manager", "Technician",
                            "Buyer",    "Physician",  "Clerk",   "Researcher"};
constexpr std::array towns{"Lisboa", "Graz", "Ostrava", "Nairobi", "Kyoto", "Tartu", "Lyon", "Quito"};

// Random numbers of one entry, the same whatever the order in which entries are made (splitmix64).
class Dice {
 public:
  Dice(std::uint64_t seed, std::uint64_t entry)
      : state_(seed * 0x9e3779b97f4a7c15U ^ (entry + 1) * 0xd1b54a32d192ed03U) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t limit) { return next() % limit; }
  template <std::size_t N>
  const char* of(const std::array<const char*, N>& choices) {
    return choices[below(N)];
  }

 private:
  std::uint64_t state_;
};

class Generator {
 public:
  Generator(const SeedOptions& options, const std::function<void(std::string_view)>& sink)
      : options_(options), sink_(sink) {}

  void run() {
    const std::size_t groups = options_.persons / 200;
    base();
    if (!options_.shuffle) {
      for (std::size_t i = 0; i < options_.persons; ++i) person(i);
      for (std::size_t i = 0; i < groups; ++i) group(i);
      return;
    }
    std::vector<std::uint32_t> order(options_.persons + groups);
    std::iota(order.begin(), order.end(), 0U);
    std::shuffle(order.begin(), order.end(), std::mt19937_64(*options_.shuffle));
    for (const std::uint32_t i : order) i < options_.persons ? person(i) : group(i - options_.persons);
  }

 private:
  template <typename... T>
  void line(fmt::format_string<T...> format, T&&... arguments) {
    fmt::format_to(std::back_inserter(record_), format, std::forward<T>(arguments)...);
    record_ += '\n';
  }

  // Like line(), in base64 where LDIF wants that.
  void value(std::string_view name, std::string_view text) {
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
    plain ? line("{}: {}", name, text) : line("{}:: {}", name, base64_encode(text));
  }

  // The operational attributes of entry `number` of the whole file, and the end of the record.
  void finish(std::size_t number, Dice& dice) {
    const std::uint64_t high = dice.next(), low = dice.next();
    const std::size_t seconds = number / 100;
    const std::string time = fmt::format("202601{:02}{:02}{:02}{:02}", 1 + seconds / 86400 % 28, seconds / 3600 % 24,
                                         seconds / 60 % 60, seconds % 60);
    line("entryUUID: {:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xffff, high & 0xfff,
         0x8000 | (low >> 48 & 0x3fff), low & 0xffffffffffffU);
    line("creatorsName: cn=admin,{}", options_.suffix);
    line("createTimestamp: {}Z", time);
    line("entryCSN: {}.{:06}Z#000000#{:03x}#000000", time, number % 100 * 10000, 1 + number % options_.servers);
    line("modifiersName: cn=admin,{}", options_.suffix);
    line("modifyTimestamp: {}Z\n", time);
    sink_(record_);
    record_.clear();
  }

  void base() {
    const std::string& suffix = options_.suffix;
    const std::string name = suffix.substr(suffix.find('=') + 1, suffix.find(',') - suffix.find('=') - 1);
    std::size_t number = 0;
    const auto end = [&] {
      Dice dice(options_.seed, number);
      finish(number++, dice);
    };
    if (suffix.starts_with("dc=")) {
      line("dn: {}\nobjectClass: top\nobjectClass: dcObject\nobjectClass: organization\ndc: {}\no: Example", suffix,
           name);
    } else {
      line("dn: {}\nobjectClass: top\nobjectClass: {}\n{}: {}", suffix,
           suffix.starts_with("ou=") ? "organizationalUnit" : "organization", suffix.starts_with("ou=") ? "ou" : "o",
           name);
    }
    end();
    line("dn: cn=admin,{}\nobjectClass: top\nobjectClass: organizationalRole\ncn: admin", suffix);
    end();
    for (const char* unit : {"people", "groups", "load"}) {
      line("dn: ou={0},{1}\nobjectClass: top\nobjectClass: organizationalUnit\nou: {0}", unit, suffix);
      end();
    }
  }

  void person(std::size_t i) {
    Dice dice(options_.seed, i + base_entries);
    const std::string given = dice.of(given_names), surname = dice.of(surnames);
    line("dn: {}", person_dn(options_, i));
    line("objectClass: top\nobjectClass: person\nobjectClass: organizationalPerson\nobjectClass: inetOrgPerson");
    line("uid: u{:07}", i);
    value("cn", fmt::format("{} {}", given, surname));
    value("sn", surname);
    value("givenName", given);
    value("displayName", fmt::format("{} {} ({})", given, surname, i));
    line("mail: u{}@example.com", i);
    if (dice.below(3) == 0) line("mail: office.{}@example.org", i);
    line("employeeNumber: {}", 100000 + i);
    line("telephoneNumber: +351 {:03} {:03} {:03}", dice.below(1000), dice.below(1000), dice.below(1000));
    line("title: {}", dice.of(titles));
    line("l: {}", dice.of(towns));
    line("departmentNumber: {}", dice.below(400));
    if (dice.below(2) == 0) line("roomNumber: {}.{:03}", dice.below(9), dice.below(1000));
    if (dice.below(2) == 0)
      line("postalAddress: {} Long Street ${} {}$Nowhere", dice.below(300), dice.below(100000), dice.of(towns));
    if (i > 0 && dice.below(2) == 0) line("manager: {}", person_dn(options_, dice.below(i)));
    if (dice.below(2) == 0) line("description: Entry {} of the sample data, colour {:06x}", i, dice.below(1U << 24));
    if (dice.below(10) == 0) photo(dice);
    finish(i + base_entries, dice);
  }

  void photo(Dice& dice) {
    std::string bytes("\xff\xd8\xff\xe0", 4);
    bytes.resize(1024 + dice.below(3072));
    for (std::size_t i = 4; i < bytes.size(); ++i) bytes[i] = static_cast<char>(dice.next());
    value("jpegPhoto", bytes);
  }

  void group(std::size_t i) {
    Dice dice(options_.seed, i + base_entries + options_.persons);
    line("dn: cn=group{:05},ou=groups,{}\nobjectClass: top\nobjectClass: groupOfNames\ncn: group{:05}", i,
         options_.suffix, i);
    const std::size_t wanted = i == 0 ? std::clamp<std::size_t>(options_.persons / 10, 1, 10000) : 20 + dice.below(41);
    // A stride with no factor in common with the number of persons names no member twice.
    std::size_t stride = 1 + dice.below(options_.persons);
    while (std::gcd(stride, options_.persons) != 1) ++stride;
    std::size_t member = dice.below(options_.persons);
    for (std::size_t m = 0; m < std::min(wanted, options_.persons); ++m) {
      line("member: {}", person_dn(options_, member));
      member = (member + stride) % options_.persons;
    }
    finish(i + base_entries + options_.persons, dice);
  }

  static constexpr std::size_t base_entries = 5;
  const SeedOptions& options_;
  const std::function<void(std::string_view)>& sink_;
  std::string record_;
};

}  // namespace

void write_seed_data(const SeedOptions& options, const std::function<void(std::string_view)>& sink) {
  Generator(options, sink).run();
}

void write_seed_data(const SeedOptions& options, const std::filesystem::path& path) {
  AtomicFile file(path, FileMode::public_file);
  write_seed_data(options, [&](std::string_view record) { file.write(record); });
  file.commit();
}

std::string seed_data(const SeedOptions& options) {
  std::string result;
  write_seed_data(options, [&](std::string_view record) { result += record; });
  return result;
}

std::string person_dn(const SeedOptions& options, std::size_t number) {
  return fmt::format("uid=u{:07},ou=people,{}", number, options.suffix);
}

}  // namespace replkit::support
