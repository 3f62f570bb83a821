// replkit-gen-docs: writes the man pages and completions of all programs from their specifications, or checks them.
#include <filesystem>
#include <string>
#include <vector>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/cli/completion.hpp"
#include "common/cli/man_page.hpp"
#include "common/cli/output.hpp"
#include "common/cli/program.hpp"
#include "tools/programs.hpp"

namespace {

using namespace replkit;

struct GeneratedFile {
  std::filesystem::path path;  // below the top of the source tree
  std::string content;
};

std::vector<GeneratedFile> generate() {
  std::vector<GeneratedFile> files;
  for (const auto& spec : tools::program_specs()) {
    files.push_back({"man/" + spec.name + "." + std::to_string(spec.section), cli::man_page(spec)});
    files.push_back({"completions/" + spec.name + ".bash", cli::bash_completion(spec)});
    files.push_back({"completions/_" + spec.name, cli::zsh_completion(spec)});
    files.push_back({"completions/" + spec.name + ".fish", cli::fish_completion(spec)});
  }
  return files;
}

bool is_same(const std::filesystem::path& path, const std::string& content) {
  constexpr std::size_t largest = 16 << 20;
  return std::filesystem::exists(path) && read_file(path, largest) == content;
}

ExitStatus check(const std::filesystem::path& top) {
  auto status = ExitStatus::done;
  for (const auto& file : generate()) {
    if (is_same(top / file.path, file.content)) continue;
    cli::print_out(file.path.string() + " differs from the specification\n");
    status = ExitStatus::findings;
  }
  return status;
}

ExitStatus write(const std::filesystem::path& top) {
  for (const auto& file : generate()) {
    if (is_same(top / file.path, file.content)) continue;
    std::filesystem::create_directories((top / file.path).parent_path());
    AtomicFile out(top / file.path, FileMode::public_file);
    out.write(file.content);
    out.commit();
    cli::print_out("wrote " + file.path.string() + '\n');
  }
  return ExitStatus::done;
}

}  // namespace

int main(int argc, char** argv) {
  bool only_check = false;
  std::string top;
  cli::CommandSpec spec;
  spec.name = "replkit-gen-docs";
  spec.summary = "write the man pages and completions of the toolkit into its source tree";
  spec.arguments = {{.name = "DIR",
                     .help = "The top of the source tree.",
                     .set = [&top](const std::string& text) { top = text; },
                     .required = true,
                     .completion = cli::Completion::directory}};
  spec.groups = {{"Options", {cli::flag("--check", "Write nothing; list the files that differ.", only_check)}}};
  spec.exit_notes = {{ExitStatus::done, "written, or nothing differs"},
                     {ExitStatus::findings, "files differ (--check)"}};
  return cli::run_program(argc, argv, spec, [&] { return only_check ? check(top) : write(top); });
}
