#include "tools/lab/sample_data.hpp"

#include <fmt/format.h>

#include <array>

#include "common/base/text.hpp"

namespace replkit::tools::lab {

namespace {

constexpr std::array given_names{"Ada",  "Bela",  "Chidi", "Dana", "Emre",  "Fatima", "Goran",
                                 "Hana", "Ivan",  "Joana", "Kofi", "Lena",  "Mina",   "Nadia",
                                 "Omar", "Paula", "Quang", "Rosa", "Sipho", "Tomoko"};
constexpr std::array family_names{"Abel",   "Berg",    "Costa", "Diaz",  "Evans",    "Fischer", "Garcia",
                                  "Huber",  "Ito",     "Jonas", "Kaya",  "Larsen",   "Müller",  "Novak",
                                  "Okafor", "Pereira", "Quist", "Rossi", "Sørensen", "Tanaka",  "Usman"};
constexpr std::array places{"Berlin", "Porto", "Accra", "Osaka", "Recife", "Tartu", "Pune"};
constexpr std::array groups{"directory-admins", "engineering", "sales", "support", "everybody"};

struct Person {
  std::string uid, given, family;
};

Person person(std::size_t number) {
  const std::string given = given_names[number % given_names.size()];
  return {fmt::format("{}{:04}", to_lower(given), number), given,
          family_names[number / given_names.size() % family_names.size()]};
}

std::string person_entry(std::size_t number) {
  const Person p = person(number);
  return fmt::format(
      "dn: uid={0},ou=people,{3}\nobjectClass: inetOrgPerson\nuid: {0}\ncn: {1} {2}\nsn: {2}\ngivenName: {1}\n"
      "mail: {0}@example.com\ntelephoneNumber: +49 30 {4:03} {5:04}\nl: {6}\nemployeeNumber: {5}\n\n",
      p.uid, p.given, p.family, sample_base, number * 7 % 997, number, places[number % places.size()]);
}

// The n-th group holds every n-th person, the last one all of the first five hundred.
std::string group_entry(std::size_t which, std::size_t persons) {
  std::string result =
      fmt::format("dn: cn={0},ou=groups,{1}\nobjectClass: groupOfNames\ncn: {0}\n", groups[which], sample_base);
  constexpr std::size_t most = 500;
  const std::size_t step = which + 1 == groups.size() ? 1 : 11 * (which + 1);
  for (std::size_t number = 1; number <= persons && number / step < most; number += step) {
    result += fmt::format("member: uid={},ou=people,{}\n", person(number).uid, sample_base);
  }
  return result + '\n';
}

}  // namespace

void write_sample_data(std::size_t persons, const std::function<void(std::string_view)>& sink) {
  sink(fmt::format("dn: {}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n\n",
                   sample_base));
  for (const char* unit : {"people", "groups"}) {
    sink(fmt::format("dn: ou={0},{1}\nobjectClass: organizationalUnit\nou: {0}\n\n", unit, sample_base));
  }
  for (std::size_t number = 1; number <= persons; ++number) sink(person_entry(number));
  for (std::size_t which = 0; which < groups.size() && persons > 0; ++which) sink(group_entry(which, persons));
}

}  // namespace replkit::tools::lab
