#include "common/model/descriptions.hpp"

#include <algorithm>

#include "common/base/text.hpp"

namespace replkit::model {

namespace {

constexpr std::size_t max_numbers = 10'000;  // of one call's entry they may be more
constexpr int max_superiors = 100;

// Whether one of the options is `wanted`, or within it when that is a range of languages: "lang-en-" has "lang-en" and
// "lang-en-us" in it, "lang-" all (RFC 3866 3.2).
bool has_option(const std::vector<std::string>& options, std::string_view wanted) {
  if (!wanted.starts_with("lang-") || !wanted.ends_with('-')) {
    return std::find(options.begin(), options.end(), wanted) != options.end();
  }
  return std::any_of(options.begin(), options.end(), [&](std::string_view option) {
    return option.starts_with(wanted) || option == wanted.substr(0, wanted.size() - 1);
  });
}

}  // namespace

Description::Description(std::string_view description, const Schema& schema)
    : text(description), type(schema.attribute(description)) {
  const auto parts = split(description, ';');
  for (auto part = parts.begin() + 1; part != parts.end(); ++part) options.push_back(to_lower(*part));
  std::sort(options.begin(), options.end());
  options.erase(std::unique(options.begin(), options.end()), options.end());
}

bool Description::is_kind_of(const Description& wanted, const Schema& schema) const {
  if (!std::all_of(wanted.options.begin(), wanted.options.end(),
                   [&](const std::string& option) { return has_option(options, option); })) {
    return false;
  }
  if (type == nullptr || wanted.type == nullptr) return equals_ignore_case(base(), wanted.base());
  const auto* at = type;
  for (int i = 0; at != nullptr && i < max_superiors; ++i) {
    if (at == wanted.type) return true;
    at = at->superior.empty() ? nullptr : schema.attribute(at->superior);
  }
  return false;
}

void Descriptions::number(std::span<const AttributeView> attributes, std::vector<std::uint32_t>& out) {
  if (items_.size() > max_numbers) {
    index_.clear();
    items_.clear();
    ++generation_;
  }
  out.clear();
  for (const auto& attribute : attributes) {
    auto found = index_.find(attribute.description);
    if (found == index_.end()) {
      items_.emplace_back(attribute.description, *schema_);
      found = index_.emplace(items_.back().text, static_cast<std::uint32_t>(items_.size() - 1)).first;
    }
    out.push_back(found->second);
  }
}

}  // namespace replkit::model
