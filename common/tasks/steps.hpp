// What the atoms have in common: steps made in a word. For common/tasks only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/tasks/facts.hpp"
#include "common/tasks/plan.hpp"

namespace replkit::tasks {

// Return a step that sends the change to the server.
Step modify_step(const ServerFacts& server, std::string what, const std::string& dn,
                 std::vector<model::Modification> modifications);
Step add_step(const ServerFacts& server, std::string what, const std::string& dn,
              std::vector<model::Attribute> attributes);
Step delete_step(const ServerFacts& server, std::string what, const std::string& dn);

// Puts the Write-Unwriteable control on the step where the server offers it. Returns whether it does.
bool lift_unwriteable(const ServerFacts& server, Step& step);

// Puts it on all steps that do not carry it yet, when the options say so, or notes that the server does not offer it.
void apply(WriteOptions options, const ServerFacts& server, Plan& plan);

// Lets an Add give the entry this entryUUID, which it has on other servers; none: the server makes one. Throws
// Precondition when the server does not take one.
void give_uuid(const ServerFacts& server, const std::string& uuid, Step& step);

// Throws Precondition when the entry, which is there already, has another entryUUID than wanted (empty: any will do).
void check_uuid(const ServerFacts& server, const model::Entry& entry, const std::string& wanted);

// Adds to the plan the removal of the entries, which come superiors first, and remembers them for the backup.
void remove_all(const ServerFacts& server, const std::vector<model::Entry>& superiors_first, const std::string& why,
                Plan& plan);

// Throw UsageError, naming the place, unless the text is a DN or a subtree specification (RFC 3672 2.1). `what` is what
// the user calls it.
void check_dn(std::string_view what, std::string_view text);
void check_subtree(std::string_view what, std::string_view text);

// Returns the list of attributes in the one form that is written, nothing for nothing. Throws UsageError, naming the
// place, for what is none, and for an empty one.
std::optional<std::string> check_filter(std::string_view what, const std::optional<std::string>& text);
// The same for what is left out. Throws UsageError, too, for what no entry can do without.
std::optional<std::string> check_exclusion(const std::optional<std::string>& text);
// Adds what is to be said about filters of one replica that do not go well together.
void note_filters(const ServerFacts& server, const std::optional<std::string>& exclude,
                  const std::optional<std::string>& include, Plan& plan);
// Whether two values of a filter name the same attributes, in any order and form.
bool same_filter(std::string_view a, std::string_view b);

void skip(const ServerFacts& server, std::string text, Plan& plan);
void note(const ServerFacts& server, std::string text, Plan& plan);

}  // namespace replkit::tasks
