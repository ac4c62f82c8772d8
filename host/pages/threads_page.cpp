// SPDX-License-Identifier: Apache-2.0
// /debug/threads: name, state and CPU time of this process's threads, as the kernel has them.
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include <unistd.h>

#include "pages/answer.hpp"
#include "pages/context.hpp"
#include "support/file.hpp"

namespace sonde::pages {

namespace {

constexpr std::uint64_t stat_limit = 4096;
constexpr std::size_t user_time_field = 11;  // utime counted from the state, which is 0; stime follows

struct thread_usage {
    std::string id;
    std::string name;
    std::string state;
    double cpu_seconds = 0;
};

// "12 (na)me) S 1 ...": the name may hold anything, so it ends at the last parenthesis.
std::optional<thread_usage> read_thread(const std::filesystem::path& task) {
    const auto stat = support::read_file(task / "stat", stat_limit);
    if (!stat) {
        return std::nullopt;  // it has ended since the directory was read
    }
    const std::size_t open = stat->find('(');
    const std::size_t close = stat->rfind(')');
    if (open == std::string::npos || close == std::string::npos || close + 2 >= stat->size()) {
        return std::nullopt;
    }
    thread_usage one{task.filename(), stat->substr(open + 1, close - open - 1), {}, 0};
    std::string_view rest = std::string_view(*stat).substr(close + 2);
    one.state = rest.substr(0, 1);
    for (std::size_t field = 0; !rest.empty() && field < user_time_field + 2; ++field) {
        const std::string_view word = rest.substr(0, rest.find(' '));
        if (field >= user_time_field) {
            std::uint64_t ticks = 0;
            std::from_chars(word.data(), word.data() + word.size(), ticks);
            one.cpu_seconds += static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
        }
        rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    }
    return one;
}

api::response threads() {
    std::vector<thread_usage> all;
    std::error_code ec;
    std::filesystem::directory_iterator each("/proc/self/task", ec);
    for (; !ec && each != std::filesystem::directory_iterator(); each.increment(ec)) {
        if (auto one = read_thread(each->path())) {
            all.push_back(std::move(*one));
        }
    }
    if (ec) {
        return api::failure(500, "failed", "reading /proc/self/task: " + ec.message());
    }
    std::ranges::sort(all, std::ranges::greater(), &thread_usage::cpu_seconds);
    observe::json_writer json;
    json.begin_object().key("threads").begin_array();
    for (const auto& one : all) {
        json.begin_object().key("id").raw(one.id).member("name", one.name).member("state", one.state);
        json.member("cpu_seconds", one.cpu_seconds).end_object();
    }
    json.end_array().end_object();
    return json_answer(std::move(json));
}

}  // namespace

page_list threads_pages() {
    return {{"GET",
             "/debug/threads",
             "Threads of the agent with their state and CPU time",
             [](const api::request&) { return threads(); },
             {}}};
}

}  // namespace sonde::pages
