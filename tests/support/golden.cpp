#include "tests/support/golden.hpp"

#include <fmt/format.h>

#include <map>
#include <regex>
#include <vector>

#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::support {

namespace {

// Replaces the first group of every match (of the whole when there is none) by `name`, numbered when asked to.
enum class Numbered { no, yes };

std::string replace_each(const std::string& text, const std::regex& pattern, const char* name, Numbered numbered) {
  std::map<std::string, std::size_t> numbers;
  std::string result;
  std::size_t position = 0;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
    const std::size_t group = match->size() > 1 ? 1 : 0;
    const auto start = static_cast<std::size_t>(match->position(group));
    result.append(text, position, start - position);
    const std::size_t number = numbers.emplace(match->str(group), numbers.size() + 1).first->second;
    result += numbered == Numbered::yes ? fmt::format("{}-{}", name, number) : name;
    position = start + static_cast<std::size_t>(match->length(group));
  }
  return result.append(text, position);
}

}  // namespace

std::string normalise(std::string_view text) {
  struct Rule {
    std::regex pattern;
    const char* name;
    Numbered numbered;
  };
  // CSNs hold times and socket paths hold directories: the longer first.
  static const std::vector<Rule> rules{
      {std::regex("[0-9]{14}\\.[0-9]{6}Z#[0-9a-f]{6}#[0-9a-f]{3}#[0-9a-f]{6}"), "CSN", Numbered::yes},
      {std::regex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UUID", Numbered::yes},
      {std::regex("ldapi://(%2[Ff][^ /\"]*)"), "SOCKET", Numbered::yes},
      {std::regex("(?:127\\.0\\.0\\.1|localhost|\\[::1\\]):([0-9]{2,5})\\b"), "PORT", Numbered::yes},
      {std::regex("/[a-z/]*/replkit-[A-Za-z0-9]{6}\\b"), "DIR", Numbered::no},
      {std::regex("\\b[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{8}(?:\\.[0-9]+)?Z?"), "TIME", Numbered::no},
      {std::regex("\\b[0-9]{14}(?:\\.[0-9]+)?Z"), "TIME", Numbered::no},
      {std::regex("\\b[0-9]+(?:\\.[0-9]+)? m?s\\b"), "LENGTH", Numbered::no},
  };
  std::string result(text);
  for (const Rule& rule : rules) result = replace_each(result, rule.pattern, rule.name, rule.numbered);
  return result;
}

testing::AssertionResult matches_golden(std::string_view text, const std::filesystem::path& file) {
  const std::string actual = normalise(text);
  if (getenv("REPLKIT_UPDATE_GOLDEN") != nullptr) {
    write_file(file, actual);
    return testing::AssertionSuccess();
  }
  const std::string expected = std::filesystem::exists(file) ? read_file(file, std::size_t{16} << 20) : std::string();
  if (actual == expected) return testing::AssertionSuccess();
  const std::vector<std::string_view> is = split(actual, '\n'), should = split(expected, '\n');
  std::size_t line = 0;
  while (line < is.size() && line < should.size() && is[line] == should[line]) ++line;
  const auto show = [&](const std::vector<std::string_view>& lines) {
    return line < lines.size() ? lines[line] : "(the end)";
  };
  return testing::AssertionFailure() << fmt::format(
             "{}:{}: expected\n  {}\nbut got\n  {}\nthe whole output:\n{}\n(REPLKIT_UPDATE_GOLDEN=1 takes it over)",
             file.string(), line + 1, show(should), show(is), actual);
}

}  // namespace replkit::support
