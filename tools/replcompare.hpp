// replcompare: are two or more replicas the same, and if not, is it lag or damage?
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/cli/connection_options.hpp"
#include "common/cli/output.hpp"
#include "common/compare/compare.hpp"

namespace replkit::tools {

enum class CompareFormat { text, json, jsonl, ldif };

struct ReplcompareSettings {
  cli::ConnectionSettings connection;
  compare::Options options;
  std::string reference;
  std::string ignore_file;
  CompareFormat format = CompareFormat::text;
  std::string output_directory;
  bool reverse = false;
  bool portable = false;
  bool show_secrets = false;
  bool strict = false;
  cli::ColorMode color = cli::ColorMode::automatic;
};

// Returns the program's specification, bound to the settings.
cli::CommandSpec replcompare_spec(ReplcompareSettings& settings);

// Runs the comparison that the settings ask for and prints what it finds.
ExitStatus run_replcompare(ReplcompareSettings& settings);

// Shows what a comparison found, in one format.
class ComparePrinter {
 public:
  virtual ~ComparePrinter() = default;
  virtual void difference(compare::Difference&& difference) = 0;
  virtual void finish(const compare::Result& result) = 0;
};

std::unique_ptr<ComparePrinter> text_printer(const ReplcompareSettings& settings);
std::unique_ptr<ComparePrinter> json_printer(const ReplcompareSettings& settings);
std::unique_ptr<ComparePrinter> ldif_printer(const ReplcompareSettings& settings);

// Return the words of the output formats.
std::string_view word_of(compare::DifferenceKind kind);
std::string_view word_of(compare::Verdict verdict);
std::string_view word_of(compare::WaitsFor waits_for);

// Stands in for a secret value: the same for equal values within one run, and no help in guessing them.
class Redactor {
 public:
  explicit Redactor(bool show_secrets);
  // Whether values of this attribute must not be shown.
  bool hides(std::string_view attribute) const;
  // Returns 16 hexadecimal digits of an HMAC-SHA-256 under a key drawn for this run.
  std::string digest(std::string_view value) const;

 private:
  bool show_secrets_;
  std::string key_;
};

}  // namespace replkit::tools
