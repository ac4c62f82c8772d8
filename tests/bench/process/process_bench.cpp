// SPDX-License-Identifier: Apache-2.0
// What it costs to bring all processes up to date: the ebpf collector's refresh (kernel iterator, sums, envelopes on a
// real lane) and its taking in by the process collector, beside the process collector's own scan of /proc with the same
// fields. In one run and in turns, among a thousand extra processes; medians. Needs root.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sonde_bpf/config.h>

#include "bpf/support/capability_report.hpp"
#include "bpf/support/programs.hpp"
#include "bus/bus.hpp"
#include "ebpf/process/process_family.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "process/ebpf_source.hpp"
#include "process/scanner.hpp"
#include "run/services.hpp"

namespace {

using namespace sonde;
using clock_type = std::chrono::steady_clock;

class sleepers {
public:
    explicit sleepers(int count) {
        for (int i = 0; i < count; ++i) {
            const pid_t made = ::fork();
            if (made == 0) {
                ::prctl(PR_SET_PDEATHSIG, SIGKILL);
                ::execl("/bin/sleep", "sleep", "600", nullptr);
                ::_exit(1);
            }
            if (made > 0) {
                pids_.push_back(made);
            }
        }
        ::usleep(500'000);  // until all of them have executed; only the numbers depend on it
    }
    sleepers(const sleepers&) = delete;
    sleepers& operator=(const sleepers&) = delete;
    ~sleepers() {
        for (const pid_t pid : pids_) {
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
        }
    }

private:
    std::vector<pid_t> pids_;
};

// One instance's side of the host, with a lane of a real bus.
struct place {
    place(bus::bus& fabric, observe::registry& metrics, observe::logger& log, const char* name)
        : lane(fabric.open_lane({name, name, "node", 1, 1}, {}).value()), services({name, lane, &metrics, &log, {}}) {}
    [[nodiscard]] host on() const { return host(services.abi()); }

    std::shared_ptr<bus::lane> lane;
    run::services services;
};

double microseconds(const std::function<void()>& body) {
    const auto began = clock_type::now();
    body();
    return std::chrono::duration<double, std::micro>(clock_type::now() - began).count();
}

double median(std::vector<double> of) {
    std::ranges::sort(of);
    return of.empty() ? 0 : of[of.size() / 2];
}

class comparison {
public:
    comparison()
        : metrics_(), log_(stderr_log()), fabric_({}), ebpf_(fabric_, metrics_, log_, "ebpf"),
          process_(fabric_, metrics_, log_, "process"), meters_(process_.on()), out_(process_.on(), meters_) {}

    [[nodiscard]] bool prepare() {
        bpf::raise_memory_lock();
        const auto machine = bpf::look_around({});
        ebpf::process::process_settings settings;
        settings.cgroups = std::make_shared<ebpf::process::cgroup_names>(machine.cgroup_root, "/proc");
        settings.proc_root = "/proc";
        settings.args_limit = 4096;
        settings.snapshot_interval = std::chrono::seconds(15);
        family_.emplace(ebpf_.on(), settings);
        bpf::load_options wanted;
        wanted.object = bpf::embedded_programs();
        wanted.hooks = family_->hooks();
        wanted.cgroup_root = machine.cgroup_root;
        sonde_bpf_config config{};
        config.args_limit = 4096;
        config.wake_bytes = 2u << 20;
        wanted.constants.push_back(bpf::make_constant("sonde_config", config));
        auto loaded = bpf::session::load(wanted);
        if (!loaded || !loaded->is_loaded()) {
            std::fprintf(stderr, "the kernel programs cannot be loaded: run it as root, on a kernel with BTF\n");
            return false;
        }
        session_.emplace(std::move(*loaded));
        input_ = fabric_.subscribe({"reader", {process::ebpf_topic}, true}).value();
        auto tree = process::proc_tree::open("/proc", machine.cgroup_root, meters_, process_.on().wall());
        if (!family_->open(*session_) || !out_.open() || !tree) {
            return false;
        }
        store_.emplace(process_.on(), meters_, out_, std::move(*tree), 1u << 20);
        scanned_.emplace(process_.on(), meters_, *store_);
        auto second = process::proc_tree::open("/proc", machine.cgroup_root, meters_, process_.on().wall());
        followed_store_.emplace(process_.on(), meters_, out_, std::move(*second), 1u << 20);
        followed_.emplace(process_.on(), meters_, *followed_store_);
        followed_->limit_arguments(4096);
        static_cast<void>(family_->take_snapshot(true));
        take_in();
        scan(process::depth::full);
        return followed_->is_live();
    }

    void round() {
        kernel_.push_back(microseconds([&] { read_kernel(); }));
        refresh_.push_back(microseconds([&] { static_cast<void>(family_->take_snapshot(false)); }));
        take_in_.push_back(microseconds([&] { take_in(); }));
        usage_scan_.push_back(microseconds([&] { scan(process::depth::usage); }));
        full_.push_back(microseconds([&] { static_cast<void>(family_->take_snapshot(true)); }));
        take_in();
        full_scan_.push_back(microseconds([&] { scan(process::depth::full); }));
    }

    void print() const {
        const auto count = static_cast<double>(store_->rows().size());
        std::printf("%.0f processes, %zu rounds, medians\n\n", count, kernel_.size());
        const auto line = [&](const char* what, const std::vector<double>& of) {
            std::printf("%-66s %9.0f us %8.2f us/process\n", what, median(of), median(of) / count);
        };
        line("refresh by the kernel iterator, kernel and publishing", refresh_);
        line("  of that, reading the iterator alone", kernel_);
        line("taking the refresh in (decoding, table, share of CPU)", take_in_);
        line("scan of /proc: stat, status, cgroup, number of open files", usage_scan_);
        line("everything by kernel iterators (with paths and command lines)", full_);
        line("scan of /proc with command line and executable", full_scan_);
        const double scan = median(usage_scan_);
        std::printf("\nscan / refresh                     %6.1f\n", scan / median(refresh_));
        std::printf("scan / (refresh + taking it in)    %6.1f\n", scan / (median(refresh_) + median(take_in_)));
        std::printf("full scan / everything             %6.1f\n", median(full_scan_) / median(full_));
    }

private:
    static observe::log_settings quiet() {
        observe::log_settings settings;
        settings.threshold = level::error;
        return settings;
    }
    static observe::logger stderr_log() { return observe::logger(quiet()); }

    void read_kernel() {
        const auto iterator = session_->open_iterator("process.usage");
        if (iterator) {
            static_cast<void>(records_.read(iterator->number(), [](auto) {}));
        }
    }
    void take_in() {
        while (const auto batch = input_->receive(std::chrono::nanoseconds(0))) {
            static_cast<void>(followed_->consume(batch_view(batch->view())));
            input_->settle(*batch, true);
        }
    }
    void scan(process::depth how) {
        process::scan_plan plan;
        plan.how = how;
        plan.derives_events = false;
        if (!scanned_->begin(plan)) {
            return;
        }
        while (!scanned_->step(64)) {
        }
        scanned_->finish();
    }

    observe::registry metrics_;
    observe::logger log_;
    bus::bus fabric_;
    place ebpf_;
    place process_;
    process::meters meters_;
    process::publisher out_;
    std::optional<bpf::session> session_;
    std::optional<ebpf::process::process_family> family_;
    std::shared_ptr<bus::subscription_core> input_;
    std::optional<process::process_store> store_;
    std::optional<process::scanner> scanned_;
    std::optional<process::process_store> followed_store_;
    std::optional<process::ebpf_source> followed_;
    ebpf::process::record_stream records_;
    std::vector<double> kernel_;
    std::vector<double> refresh_;
    std::vector<double> take_in_;
    std::vector<double> usage_scan_;
    std::vector<double> full_;
    std::vector<double> full_scan_;
};

}  // namespace

int main(int count, char** words) {
    const int extra = count > 1 ? std::atoi(words[1]) : 1000;
    const int rounds = count > 2 ? std::atoi(words[2]) : 30;
    const sleepers many(extra);
    const auto compared = std::make_unique<comparison>();
    if (!compared->prepare()) {
        return 1;
    }
    for (int i = 0; i < rounds; ++i) {
        compared->round();
    }
    compared->print();
    return 0;
}
