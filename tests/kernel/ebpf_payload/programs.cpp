// SPDX-License-Identifier: Apache-2.0
#include "programs.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "traffic.hpp"

namespace sonde::ebpf::test {

std::string find_program(const std::vector<std::string>& places) {
    for (const std::string& each : places) {
        if (::access(each.c_str(), X_OK) == 0) {
            return each;
        }
    }
    return {};
}

std::uint16_t free_port() { return listener().port(); }

scratch_directory::scratch_directory() {
    std::array<char, 32> name{"/tmp/sonde_payload_XXXXXX"};
    path_ = ::mkdtemp(name.data());
    std::filesystem::permissions(path_, std::filesystem::perms::others_exec | std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
}

scratch_directory::~scratch_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

running::running(const std::vector<std::string>& command, const std::filesystem::path& log) : pid_(::fork()) {
    if (pid_ != 0) {
        return;
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    std::vector<char*> words;
    for (const std::string& each : command) {
        words.push_back(const_cast<char*>(each.c_str()));
    }
    words.push_back(nullptr);
    ::execv(words.front(), words.data());
    ::_exit(127);
}

running::~running() {
    if (pid_ > 0) {
        ::kill(pid_, SIGTERM);
        ::waitpid(pid_, nullptr, 0);
    }
}

int running::status() {
    int how = 0;
    const pid_t ended = ::waitpid(std::exchange(pid_, -1), &how, 0);
    return ended > 0 && WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

bool is_listening(std::uint16_t port) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < deadline) {
        if (connect_to("127.0.0.1", port).is_open()) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
}

}  // namespace sonde::ebpf::test
