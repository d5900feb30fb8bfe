#include "platform/ledger/decider_machine.h"
#include "simulation/linked_scenario.h"
#include "simulation/mutants.h"
#include "simulation/toy.h"
#include "simulation/world.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace lienthong::simulation {
namespace {

struct Options {
  std::uint64_t seeds = 1000;
  std::uint64_t first = 1;
  std::string without;
  std::string mutant;
  std::string scenario = "mixed";
  bool mutants = false;
  bool reproduce = false;
  std::uint64_t hits_min = 0;
  unsigned threads = std::max(1U, std::thread::hardware_concurrency());
};

struct Result {
  Counts counts;
  std::uint64_t seeds = 0;
  std::uint64_t failures = 0;
  std::uint64_t first_failure = 0;
  std::string why;
};

const ledger::DeciderMachine<toy::First, toy::Codec>& first_machine() {
  static const ledger::DeciderMachine<toy::First, toy::Codec> machine("first", {{"second", mask_of(toy::kToggled)}});
  return machine;
}

const ledger::DeciderMachine<toy::Second, toy::Codec>& second_machine() {
  static const ledger::DeciderMachine<toy::Second, toy::Codec> machine(
      "second",
      {{"first", mask_of(toy::kCreated) | mask_of(toy::kTouched) | mask_of(toy::kReopened) | mask_of(toy::kFired)}});
  return machine;
}

Scenario toy_scenario(std::uint64_t seed, Fault without) {
  static const OracleOf<toy::First, toy::Codec> first_oracle;
  static const OracleOf<toy::Second, toy::Codec> second_oracle;
  Chance chance(seed ^ 0xD1CE);
  Scenario scenario;
  scenario.without = without;
  const std::uint32_t partitions = 1 + chance.below(2);
  scenario.services = {{"first", &first_machine(), &first_oracle, partitions},
                       {"second", &second_machine(), &second_oracle, partitions}};
  for (std::uint32_t p = 0; p < partitions; ++p) {
    for (std::uint32_t q = 0; q < 24; ++q) {
      ClientRequest request;
      const std::uint32_t d = chance.below(3);
      request.dossier.bytes = {static_cast<std::uint8_t>(1 + d), static_cast<std::uint8_t>(p)};
      request.id.bytes = {static_cast<std::uint8_t>(1 + q), static_cast<std::uint8_t>(p)};
      const bool second = q >= 16;
      request.where = {second ? "second" : "first", p};
      if (second) {
        request.type = chance.permille(700) ? toy::kToggle : toy::kNeedOn;
      } else if (q < 6) {
        request.type = chance.permille(700) ? toy::kCreate : toy::kTouch;
      } else {
        request.type = chance.permille(500) ? toy::kTouch : chance.permille(500) ? toy::kClose : toy::kReopen;
      }
      request.body =
          toy::command_body(chance.below(60), q % 5 == 0, "key" + std::to_string(p) + "/" + std::to_string(d % 2) + "|1");
      scenario.requests.push_back(std::move(request));
    }
  }
  return scenario;
}

// Every fifth world is the real one: it costs about ten times a toy's.
Scenario scenario_of(const Options& options, std::uint64_t seed, Fault without) {
  const bool linked = options.scenario == "linked" || (options.scenario == "mixed" && seed % 5 == 0);
  return linked ? linked_scenario(seed, without) : toy_scenario(seed, without);
}

// A seeded fault may also end in an exception of the standard library; that is found as well.
std::optional<std::string> run_guarded(World& world) {
  try {
    return world.run();
  } catch (const std::exception& error) {
    return std::string("exception: ") + error.what();
  }
}

Result run(const Options& options, bool stop_at_first) {
  Fault without = Fault::kCount_;
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    if (kFaultNames[i] == options.without) without = static_cast<Fault>(i);
  }
  Result result;
  std::mutex mutex;
  std::atomic<std::uint64_t> next{0};
  std::atomic<bool> stop{false};
  const auto work = [&] {
    while (!stop) {
      const std::uint64_t at = next++;
      if (at >= options.seeds) return;
      const std::uint64_t seed = options.first + at;
      start_of_world();
      World world(scenario_of(options, seed, without), seed);
      const auto failure = run_guarded(world);
      std::optional<std::string> other;
      if (options.reproduce) {
        start_of_world();
        World again(scenario_of(options, seed, without), seed);
        run_guarded(again);
        if (again.fingerprint() != world.fingerprint()) other = "the same seed took other steps";
      }
      const std::lock_guard lock(mutex);
      result.counts.add(world.counts());
      ++result.seeds;
      if (!failure && !other) continue;
      ++result.failures;
      if (result.first_failure == 0 || seed < result.first_failure) {
        result.first_failure = seed;
        result.why = failure ? *failure : *other;
      }
      if (stop_at_first) stop = true;
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < options.threads; ++i) threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();
  return result;
}

}  // namespace
}  // namespace lienthong::simulation

namespace lienthong::simulation {
namespace {

void print(const char* kind, std::string_view name, std::uint64_t value) {
  std::printf("%s %.*s %llu\n", kind, static_cast<int>(name.size()), name.data(), static_cast<unsigned long long>(value));
}

// A fault or a mark that is never seen proves nothing: the suite fails, naming it.
int check_hits(const Result& result, std::uint64_t hits_min) {
  int missing = 0;
  const auto check = [&](const char* kind, std::string_view name, std::uint64_t hits) {
    if (hits >= hits_min) return;
    ++missing;
    std::printf("too rare: %s %.*s has %llu hits of %llu\n", kind, static_cast<int>(name.size()), name.data(),
                static_cast<unsigned long long>(hits), static_cast<unsigned long long>(hits_min));
  };
  for (std::size_t i = 0; i < kFaultKinds; ++i) check("fault", kFaultNames[i], result.counts.faults[i]);
  for (std::size_t i = 0; i < result.counts.marks.size(); ++i) {
    check("sometimes", to_string(static_cast<ledger::LaneMark>(i)), result.counts.marks[i]);
  }
  check("sometimes", "relay_repeat", result.counts.relay_repeats);
  check("sometimes", "poisoned", result.counts.poisoned);
  return missing;
}

int simulate(const Options& options) {
  const Result result = run(options, false);
  for (std::size_t i = 0; i < kFaultKinds; ++i) print("fault", kFaultNames[i], result.counts.faults[i]);
  for (std::size_t i = 0; i < result.counts.marks.size(); ++i) {
    print("sometimes", to_string(static_cast<ledger::LaneMark>(i)), result.counts.marks[i]);
  }
  print("sometimes", "relay_repeat", result.counts.relay_repeats);
  print("sometimes", "poisoned", result.counts.poisoned);
  const int missing = check_hits(result, options.hits_min);
  print("steps", "", result.counts.steps);
  print("blocks", "", result.counts.blocks);
  print("decisions", "", result.counts.decisions);
  print("void", "", result.counts.voids);
  print("unknown", "", result.counts.marks[static_cast<std::size_t>(ledger::LaneMark::kUnknownOutcome)]);
  if (result.failures > 0) {
    std::printf("first failing seed %llu: %s\n", static_cast<unsigned long long>(result.first_failure), result.why.c_str());
  }
  std::printf("seeds=%llu failures=%llu\n", static_cast<unsigned long long>(result.seeds),
              static_cast<unsigned long long>(result.failures));
  return result.failures == 0 && missing == 0 ? 0 : 1;
}

int find_mutants(Options options) {
  std::size_t missed = 0;
  for (const auto& name : mutant_names()) {
    choose_mutant(name);
    const Result result = run(options, true);
    if (result.failures == 0) {
      ++missed;
      std::printf("%s not found\n", name.c_str());
    } else {
      std::printf("%s found after %llu seeds: %s\n", name.c_str(),
                  static_cast<unsigned long long>(result.first_failure - options.first + 1), result.why.c_str());
    }
    std::fflush(stdout);
  }
  std::printf("mutants=%zu missed=%zu\n", mutant_names().size(), missed);
  return missed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace lienthong::simulation

int main(int argc, char** argv) {
  using namespace lienthong::simulation;
  CLI::App app{"Deterministic simulation of the ledger"};
  Options options;
  app.add_option("--seeds", options.seeds, "how many seeds");
  app.add_option("--first", options.first, "first seed");
  app.add_option("--without", options.without, "leave one kind of fault out");
  app.add_option("--hits-min", options.hits_min, "fail unless every fault and mark was seen this often");
  app.add_option("--scenario", options.scenario, "toy: the protocol's model; linked: the real services; mixed")
      ->check(CLI::IsMember({"toy", "linked", "mixed"}));
  app.add_option("--threads", options.threads, "worlds at a time");
  app.add_option("--mutant", options.mutant, "switch one seeded fault on (mutant build)");
  app.add_flag("--reproduce", options.reproduce, "run every seed twice and compare every record");
  app.add_flag("--mutants", options.mutants, "find every seeded fault (mutant build)");
  CLI11_PARSE(app, argc, argv);
  if (!options.mutant.empty() && !choose_mutant(options.mutant)) {
    std::fprintf(stderr, "unknown mutant, or not the mutant build: %s\n", options.mutant.c_str());
    return 2;
  }
  return options.mutants ? find_mutants(options) : simulate(options);
}
