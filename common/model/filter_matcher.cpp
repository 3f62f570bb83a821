#include "common/model/filter_matcher.hpp"

#include <algorithm>
#include <unordered_set>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/dn.hpp"
#include "common/model/filter_compiler.hpp"
#include "common/model/matching.hpp"
#include "common/model/substring_form.hpp"

namespace replkit::model {

namespace {

using Test = FilterNode::Test;

Truth truth(bool value) {
  return value ? Truth::yes : Truth::no;
}

Truth negate(Truth value) {
  return value == Truth::undefined ? value : truth(value == Truth::no);
}

bool is_class(std::string_view name, std::string_view wanted, const Schema& schema, unsigned depth) {
  constexpr unsigned max_depth = 30;
  if (equals_ignore_case(name, wanted)) return true;
  const auto* object_class = depth < max_depth ? schema.object_class(name) : nullptr;
  return object_class != nullptr &&
         (object_class == schema.object_class(wanted) ||
          std::any_of(object_class->superiors.begin(), object_class->superiors.end(),
                      [&](const std::string& superior) { return is_class(superior, wanted, schema, depth + 1); }));
}

}  // namespace

class FilterMatcher::Impl {
 public:
  Impl(const Filter& filter, const Descriptions& descriptions, RuleUse rules)
      : descriptions_(descriptions),
        schema_(descriptions.schema()),
        filter_(compile_filter(filter, schema_, rules)),
        targets_(filter_.targets.size()),
        values_(filter_.values.size()) {}

  Truth match(const FilterSubject& subject) {
    subject_ = &subject;
    ++entry_;
    spent_ = 0;
    return match(filter_.root);
  }

  bool uses_dn() const { return filter_.uses_dn; }

  bool mentions(const AttributeType& type) const {
    return std::any_of(filter_.targets.begin(), filter_.targets.end(), [&](const FilterTarget& target) {
      return target.rule ? rule_applies(*target.rule, type)
                         : Description(type.key, schema_).is_kind_of(target.wanted, schema_);
    });
  }

 private:
  // What an entry has of a target.
  struct Found {
    std::uint64_t entry = 0;  // of which this tells
    std::vector<std::uint32_t> attributes;
    bool hidden = false;   // there is, or may be, something that must not be looked at
    bool unknown = false;  // nobody knows such a type
    DescriptionTable<char> counts;
  };

  struct Forms {
    std::uint64_t entry = 0;
    std::vector<std::string> forms;  // kept for their room
    std::size_t count = 0;
    std::unordered_set<std::string_view> set;  // the same
  };

  // An attribute of the DN.
  struct Named {
    Description description;
    std::string value;
  };

  Truth match(FilterNode& node) {
    auto result = node.test == Test::or_ ? Truth::no : Truth::yes;
    switch (node.test) {
      case Test::and_:
        for (auto& part : node.parts) {
          result = std::min(result, match(part));
          if (result == Truth::no) break;
        }
        return result;
      case Test::or_:
        for (auto& part : node.parts) {
          result = std::max(result, match(part));
          if (result == Truth::yes) break;
        }
        return result;
      case Test::not_:
        return negate(match(node.parts.front()));
      case Test::undefined:
        return Truth::undefined;
      default:
        return match_item(node);
    }
  }

  Truth match_item(FilterNode& node) {
    const auto& found = find(node.target);
    const bool yes = node.test == Test::present ? !found.attributes.empty()
                                                : any_value(node, found) || (node.dn_attributes && any_of_dn(node));
    if (yes) return Truth::yes;
    const bool unknown = found.unknown || (node.test != Test::present && filter_.values[node.values].form.names);
    return found.hidden || unknown ? Truth::undefined : Truth::no;
  }

  bool may_search(const AttributeType* type) const {
    return subject_->may_search == nullptr || (type != nullptr && (*subject_->may_search)(*type));
  }

  bool counts_as(const Description& description, const FilterTarget& target) const {
    if (!target.rule) return description.is_kind_of(target.wanted, schema_);
    return description.type != nullptr && rule_applies(*target.rule, *description.type);
  }

  // Returns which attributes of the entry the target is.
  const Found& find(std::uint32_t number) {
    auto& found = targets_[number];
    if (found.entry == entry_) return found;
    const auto& target = filter_.targets[number];
    found.entry = entry_;
    found.attributes.clear();
    bool any = false;
    found.hidden = !target.rule && !may_search(target.wanted.type);
    for (std::size_t i = 0; i < subject_->numbers.size(); ++i) {
      const bool counts = found.counts.get(descriptions_, subject_->numbers[i], [&](const Description& description) {
        return static_cast<char>(counts_as(description, target));
      }) != 0;
      if (!counts) continue;
      any = true;
      if (may_search(descriptions_[subject_->numbers[i]].type)) {
        found.attributes.push_back(static_cast<std::uint32_t>(i));
      } else {
        found.hidden = true;
      }
    }
    found.unknown = !any && !target.rule && target.wanted.type == nullptr;
    return found;
  }

  bool any_value(FilterNode& node, const Found& found) {
    if (found.attributes.empty()) return false;
    const auto& values = filter_.values[node.values];
    auto& forms = values_[node.values];
    if (values.users > 1) {
      if (forms.entry != entry_) fill(values.form, found, forms);
      if (node.test == Test::equal) return forms.set.contains(node.wanted);
      spend(forms.count);
      return std::any_of(forms.forms.begin(), forms.forms.begin() + static_cast<std::ptrdiff_t>(forms.count),
                         [&](const std::string& form) { return test(node, values.form.kind, form); });
    }
    for (const auto i : found.attributes) {
      for (const auto value : subject_->attributes[i].values) {
        if (put_filter_form(values.form, value, schema_, scratch_) && test(node, values.form.kind, scratch_))
          return true;
      }
    }
    return false;
  }

  // Several items ask for these values: they are normalized once.
  void fill(const FilterForm& form, const Found& found, Forms& forms) {
    forms.entry = entry_;
    forms.count = 0;
    forms.set.clear();
    for (const auto i : found.attributes) {
      for (const auto value : subject_->attributes[i].values) {
        if (forms.count == forms.forms.size()) forms.forms.emplace_back();
        if (put_filter_form(form, value, schema_, forms.forms[forms.count])) ++forms.count;
      }
    }
    for (std::size_t i = 0; i < forms.count; ++i) forms.set.insert(forms.forms[i]);
  }

  // One entry's values against one filter can be billions of comparisons, which nobody could stop.
  void spend(std::size_t comparisons) {
    constexpr std::uint64_t most = 10'000'000;
    spent_ += comparisons;
    if (spent_ > most) throw FilterTooCostly();
  }

  // The same over the attributes of the DN, which count as the entry's own.
  bool any_of_dn(FilterNode& node) {
    const auto& target = filter_.targets[node.target];
    const auto& form = filter_.values[node.values].form;
    if (named_entry_ != entry_) read_dn();
    spend(named_.size());
    return std::any_of(named_.begin(), named_.end(), [&](const Named& named) {
      return counts_as(named.description, target) && may_search(named.description.type) &&
             put_filter_form(form, named.value, schema_, scratch_) && test(node, form.kind, scratch_);
    });
  }

  void read_dn() {
    named_entry_ = entry_;
    named_.clear();
    try {
      const auto dn = Dn::parse(subject_->dn);
      for (const auto& rdn : dn.rdns()) {
        for (const auto& ava : rdn) {
          if (!ava.is_ber) named_.push_back({Description(ava.type, schema_), ava.value});
        }
      }
    } catch (const ParseError&) {
      // A DN that cannot be read has no attributes.
    }
  }

  bool test(FilterNode& node, ValueKind kind, const std::string& form) const {
    switch (node.test) {
      case Test::equal:
        return form == node.wanted;
      case Test::class_is:
        return form == node.wanted || is_subclass(node, form);
      case Test::at_least:
        return compare_forms(kind, form, node.wanted) >= 0;
      case Test::at_most:
        return compare_forms(kind, form, node.wanted) <= 0;
      case Test::before:
        return compare_forms(kind, form, node.wanted) < 0;
      default:
        return contains_in_order(form, node.pieces);
    }
  }

  bool is_subclass(FilterNode& node, const std::string& form) const {
    const auto known = node.classes.find(form);
    if (known != node.classes.end()) return known->second;
    const bool result = is_class(form, node.wanted, schema_, 0);
    constexpr std::size_t max_known = 1000;
    if (node.classes.size() < max_known) node.classes.emplace(form, result);
    return result;
  }

  const Descriptions& descriptions_;
  const Schema& schema_;
  CompiledFilter filter_;
  std::vector<Found> targets_;
  std::vector<Forms> values_;
  const FilterSubject* subject_ = nullptr;
  std::uint64_t entry_ = 0;  // counts the entries looked at
  std::uint64_t spent_ = 0;  // on this one
  std::vector<Named> named_;
  std::uint64_t named_entry_ = 0;
  std::string scratch_;
};

FilterMatcher::FilterMatcher(const Filter& filter, const Descriptions& descriptions, RuleUse rules)
    : impl_(std::make_unique<Impl>(filter, descriptions, rules)) {}
FilterMatcher::~FilterMatcher() = default;
FilterMatcher::FilterMatcher(FilterMatcher&&) noexcept = default;
FilterMatcher& FilterMatcher::operator=(FilterMatcher&&) noexcept = default;

Truth FilterMatcher::match(const FilterSubject& subject) {
  return impl_->match(subject);
}

bool FilterMatcher::uses_dn() const {
  return impl_->uses_dn();
}

bool FilterMatcher::mentions(const AttributeType& type) const {
  return impl_->mentions(type);
}

}  // namespace replkit::model
