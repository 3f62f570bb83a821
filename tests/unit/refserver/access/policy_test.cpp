#include "tests/refserver/access/policy.hpp"

#include <gmock/gmock.h>

#include "common/base/error.hpp"
#include "common/model/dn.hpp"

namespace replkit::refserver::access {
namespace {

using ::testing::HasSubstr;

const model::Schema& schema() {
  return model::Schema::standard();
}

std::string key(const std::string& dn) {
  return model::Dn::parse(dn).normalized(schema());
}

Caller caller(const std::string& dn) {
  Caller out;
  out.dn = dn;
  out.key = key(dn);
  out.mechanism = "simple";
  return out;
}

Caller administrator() {
  auto out = caller("cn=admin");
  out.administrator = true;
  return out;
}

Rights read() {
  return *rights_named("read");
}

Rule rule(std::vector<std::string> who, std::vector<std::string> target, std::vector<std::string> attributes,
          Rights rights) {
  Rule out;
  out.who = std::move(who);
  out.target = std::move(target);
  out.attributes = std::move(attributes);
  out.rights = rights;
  return out;
}

Rights attribute(const View& view, const std::string& dn, std::string_view type) {
  return view.attribute(key(dn), *schema().attribute(type));
}

View view(const std::vector<Rule>& rules, const Caller& who, const Membership& membership = {}) {
  return Policy(rules, schema()).view(who, membership);
}

TEST(Policy, NothingIsAllowedWithoutARule) {
  const auto none = view({}, administrator());
  EXPECT_FALSE(none.all());
  EXPECT_TRUE(none.entry("").empty());
  EXPECT_TRUE(attribute(none, "dc=a", "cn").empty());
}

TEST(Policy, FirstRuleThatFitsDecidesAllRights) {
  const std::vector<Rule> rules = {
      rule({"users"}, {"subtree:ou=closed,dc=a"}, {}, Rights()),
      rule({"dn:CN = Anna,dc=A"}, {"subtree:dc=a"}, {"cn", "sn"}, Right::write),
      rule({"users"}, {"subtree:dc=a"}, {}, read()),
  };
  const auto anna = view(rules, caller("cn=anna,dc=a"));
  EXPECT_EQ(attribute(anna, "cn=x,dc=a", "cn"), Rights(Right::write)) << "the later rule does not add reading";
  EXPECT_EQ(attribute(anna, "cn=x,dc=a", "mail"), read());
  EXPECT_EQ(anna.entry(key("cn=x,dc=a")), read());
  EXPECT_TRUE(attribute(anna, "cn=x,ou=closed,dc=a", "mail").empty());
  EXPECT_TRUE(anna.entry(key("cn=x,dc=b")).empty());
  EXPECT_EQ(attribute(view(rules, caller("cn=bob,dc=a")), "cn=x,dc=a", "cn"), read());
  EXPECT_TRUE(attribute(view(rules, {}), "cn=x,dc=a", "cn").empty());
}

TEST(Policy, Targets) {
  const auto entries = [](const std::string& target) {
    std::string out;
    const auto made = view({rule({"*"}, {target}, {}, read())}, {});
    for (const auto* dn : {"", "dc=a", "ou=x,dc=a", "cn=y,ou=x,dc=a", "dc=aa", "cn=z\\,dc=a"}) {
      out += made.entry(key(dn)).empty() ? '-' : '+';
    }
    return out;
  };
  EXPECT_EQ(entries("*"), "++++++");
  EXPECT_EQ(entries("base:"), "+-----");
  EXPECT_EQ(entries("one:"), "-+--++");
  EXPECT_EQ(entries("subtree:"), "++++++");
  EXPECT_EQ(entries("children:"), "-+++++");
  EXPECT_EQ(entries("base:DC=A"), "-+----");
  EXPECT_EQ(entries("one:dc=a"), "--+---");
  EXPECT_EQ(entries("subtree:dc=a"), "-+++--");
  EXPECT_EQ(entries("children:dc=a"), "--++--");
}

TEST(Policy, Attributes) {
  const auto types = [](const std::vector<std::string>& attributes) {
    std::string out;
    const auto made = view({rule({"*"}, {"*"}, attributes, read())}, {});
    out += made.entry("dc=a").empty() ? '-' : '+';
    for (const auto* type : {"name", "cn", "mail", "createTimestamp", "objectClass"}) {
      out += attribute(made, "dc=a", type).empty() ? '-' : '+';
    }
    return out;
  };
  EXPECT_EQ(types({}), "++++++");
  EXPECT_EQ(types({"entry"}), "+-----");
  EXPECT_EQ(types({"*"}), "-+++-+");
  EXPECT_EQ(types({"+"}), "----+-");
  EXPECT_EQ(types({"NAME"}), "-++---") << "subtypes follow";
  EXPECT_EQ(types({"commonName"}), "--+---");
  EXPECT_EQ(types({"2.5.4.3"}), "--+---");
  EXPECT_EQ(types({"@person"}), "--+--+") << "what its superior has, too";
  EXPECT_EQ(types({"@extensibleObject"}), "-+++-+");
}

TEST(Policy, PasswordsAreReadOnlyWhereARuleNamesThem) {
  for (const auto& attributes : std::vector<std::vector<std::string>>{{}, {"*"}, {"@person"}}) {
    const auto made = view({rule({"*"}, {"*"}, attributes, Rights::all())}, {});
    EXPECT_EQ(attribute(made, "dc=a", "userPassword"), Rights::all().without(read()));
    EXPECT_EQ(attribute(made, "dc=a", "description"), Rights::all());
    EXPECT_FALSE(made.all());
  }
  const auto named = view({rule({"*"}, {"*"}, {"userPassword"}, Right::read)}, {});
  EXPECT_EQ(attribute(named, "dc=a", "userPassword"), Rights(Right::read));
}

TEST(Policy, Self) {
  const std::vector<Rule> rules = {rule({"self"}, {"*"}, {"mail"}, Right::write), rule({"*"}, {"*"}, {}, read())};
  const auto anna = view(rules, caller("cn=anna,dc=a"));
  EXPECT_FALSE(anna.uniform());
  EXPECT_EQ(attribute(anna, "cn=Anna,dc=a", "mail"), Rights(Right::write));
  EXPECT_EQ(attribute(anna, "cn=anna,dc=a", "cn"), read());
  EXPECT_EQ(attribute(anna, "cn=bob,dc=a", "mail"), read());
  EXPECT_TRUE(attribute(view({rules.front()}, {}), "", "mail").empty()) << "anonymous is not the root DSE";
}

TEST(Policy, ConfidentialRulesNeedIt) {
  auto secret = rule({"*"}, {"*"}, {}, read());
  secret.confidential = true;
  const std::vector<Rule> rules = {secret, rule({"*"}, {"*"}, {"cn"}, Right::compare)};
  Caller who;
  EXPECT_EQ(attribute(view(rules, who), "dc=a", "cn"), Rights(Right::compare));
  EXPECT_TRUE(attribute(view(rules, who), "dc=a", "sn").empty());
  who.security.tls = true;
  EXPECT_EQ(attribute(view(rules, who), "dc=a", "cn"), read());
  who.security = {};
  who.security.local = true;
  EXPECT_EQ(attribute(view(rules, who), "dc=a", "cn"), read());
}

TEST(Policy, GroupsAreAskedOnceAndOnlyWhereTheyMatter) {
  const std::vector<Rule> rules = {
      rule({"group:cn=staff,dc=a"}, {"subtree:dc=a"}, {"cn"}, read()),
      rule({"group:cn=staff,dc=a", "group:cn=Boss,dc=a"}, {"*"}, {}, Rights::all()),
      rule({"group:cn=never,dc=a"}, {"*"}, {}, Rights::all()),
  };
  std::vector<std::string> asked;
  const Membership membership = [&](const std::string& group, const std::string& member) {
    asked.push_back(group + " " + member);
    return group == "cn=boss,dc=a";
  };
  EXPECT_EQ(view(rules, caller("cn=Anna,dc=a"), membership).entry("dc=b"), Rights::all());
  EXPECT_THAT(asked, ::testing::UnorderedElementsAre("cn=staff,dc=a cn=anna,dc=a", "cn=boss,dc=a cn=anna,dc=a"));
  asked.clear();
  EXPECT_TRUE(view(rules, {}, membership).entry("dc=b").empty());
  EXPECT_THAT(asked, ::testing::IsEmpty()) << "nobody is no member";
}

TEST(Policy, AllAndUniform) {
  const auto everything = rule({"administrators"}, {"*"}, {}, Rights::all());
  const auto with_passwords =
      rule({"administrators"}, {"*"}, {"entry", "*", "+", "userPassword", "authPassword", "ldupBindPassword"},
           Rights::all());
  EXPECT_FALSE(view({everything}, administrator()).all()) << "passwords";
  EXPECT_TRUE(view({everything}, administrator()).uniform());
  EXPECT_FALSE(view({everything}, caller("cn=x")).all());
  EXPECT_FALSE(view({rule({"administrators"}, {"base:"}, {}, Rights::all()), everything}, administrator()).uniform());
  const auto passwords = model::Schema::parse(
      {"( 1.1 NAME 'userPassword' )", "( 1.2 NAME 'authPassword' )", "( 1.3 NAME 'ldupBindPassword' )"}, {});
  EXPECT_TRUE(Policy({with_passwords}, passwords).view(administrator(), {}).all());
  EXPECT_FALSE(Policy({everything}, passwords).view(administrator(), {}).all());
}

TEST(Policy, DefaultRules) {
  const auto rules = default_rules();
  const auto nobody = view(rules, {});
  EXPECT_EQ(attribute(nobody, "", "namingContexts"), read());
  EXPECT_EQ(nobody.entry(key("cn=subschema")), read());
  EXPECT_EQ(attribute(nobody, "cn=Schema", "attributeTypes"), read());
  EXPECT_TRUE(nobody.entry(key("dc=a")).empty());
  EXPECT_TRUE(attribute(nobody, "dc=a", "objectClass").empty());

  const auto anna = view(rules, caller("cn=anna,dc=a"));
  EXPECT_EQ(attribute(anna, "cn=anna,dc=a", "userPassword"), Rights(Right::write));
  EXPECT_TRUE(attribute(anna, "cn=anna,dc=a", "cn").empty());
  EXPECT_TRUE(attribute(anna, "cn=bob,dc=a", "userPassword").empty());
  EXPECT_EQ(attribute(anna, "", "supportedControl"), read());

  const auto admin = view(rules, administrator());
  EXPECT_TRUE(admin.uniform());
  EXPECT_EQ(admin.entry(key("dc=a")), Rights::all());
  EXPECT_EQ(attribute(admin, "dc=a", "modifiersName"), Rights::all());
  EXPECT_EQ(attribute(admin, "dc=a", "userPassword"), Rights::all().without(read()));
}

TEST(Policy, ConfiguredRulesDoNotLockAdministratorsOut) {
  const auto everybody_reads = rule({"*"}, {"*"}, {}, read());
  const auto open = effective_rules({everybody_reads});
  EXPECT_EQ(view(open, administrator()).entry("dc=a"), Rights::all());
  EXPECT_EQ(view(open, caller("cn=x,dc=a")).entry("dc=a"), read());

  const auto limited = effective_rules({everybody_reads, rule({"administrators"}, {"*"}, {}, Rights::all())});
  EXPECT_EQ(view(limited, administrator()).entry("dc=a"), read()) << "as it is written";
  EXPECT_EQ(attribute(view(effective_rules({}), {}), "", "supportedControl"), read());
}

TEST(Policy, DigestFollowsTheMeaning) {
  const auto digest = [](const std::vector<Rule>& rules) { return Policy(rules, schema()).digest(); };
  const auto base = rule({"users", "self"}, {"subtree:dc=a", "base:"}, {"cn", "sn"}, read());
  EXPECT_EQ(digest({base}).size(), 64U);
  EXPECT_EQ(digest({base}),
            digest({rule({"self", "users"}, {"base:", "subtree:DC=A"}, {"surname", "2.5.4.3"}, read())}));
  auto other = base;
  other.confidential = true;
  EXPECT_NE(digest({base}), digest({other}));
  other = base;
  other.rights = other.rights | Right::write;
  EXPECT_NE(digest({base}), digest({other}));
  other = base;
  other.attributes.pop_back();
  EXPECT_NE(digest({base}), digest({other}));
  other = base;
  other.target.pop_back();
  EXPECT_NE(digest({base}), digest({other}));
  other = base;
  other.who = {"self"};
  EXPECT_NE(digest({base}), digest({other}));
  EXPECT_NE(digest({base, other}), digest({other, base}));
  other = base;
  other.origin = "elsewhere:7";
  EXPECT_EQ(digest({base}), digest({other}));
}

TEST(Policy, ErrorsNameRuleAndWord) {
  const auto error = [](const Rule& bad) -> std::string {
    try {
      const Policy made({Rule(), bad}, schema());
      return "none";
    } catch (const UsageError& problem) {
      return problem.what();
    }
  };
  EXPECT_THAT(error(rule({"user"}, {"*"}, {}, read())), HasSubstr("access rule 2: who 'user' is none of *, anonymous"));
  EXPECT_THAT(error(rule({"dn:x"}, {"*"}, {}, read())), HasSubstr("access rule 2: who 'dn:x' holds no DN: "));
  EXPECT_THAT(error(rule({"*"}, {"dc=a"}, {}, read())), HasSubstr("target 'dc=a' is none of"));
  EXPECT_THAT(error(rule({"*"}, {"one:=\x01"}, {}, read())), HasSubstr("target 'one:=\\01' holds no DN"));
  EXPECT_THAT(error(rule({"*"}, {"*"}, {"nothing"}, read())), HasSubstr("attribute 'nothing' is no attribute type"));
  EXPECT_THAT(error(rule({"*"}, {"*"}, {"cn;lang-de"}, read())), HasSubstr("attribute 'cn;lang-de'"));
  EXPECT_THAT(error(rule({"*"}, {"*"}, {"@no"}, read())), HasSubstr("'@no' names no object class"));
  EXPECT_THAT(error(rule({}, {"*"}, {}, read())), HasSubstr("for nobody"));
  EXPECT_THAT(error(rule({"*"}, {}, {}, read())), HasSubstr("about nothing"));
  auto placed = rule({"user"}, {"*"}, {}, read());
  placed.origin = "/etc/replserver.toml:7";
  EXPECT_THAT(error(placed), HasSubstr("/etc/replserver.toml:7: who 'user'"));
}

}  // namespace
}  // namespace replkit::refserver::access
