// SPDX-License-Identifier: Apache-2.0
// Two network namespaces joined by a veth pair: a client at 10.77.0.1 and a server at 10.77.0.2, with names of this
// process only. Says why it cannot be if it cannot.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sonde::ebpf::nat {

class namespaces {
public:
    namespaces() : client_("sonde_c" + std::to_string(::getpid())), server_("sonde_s" + std::to_string(::getpid())) {
        if (::geteuid() != 0) {
            missing_ = "network namespaces need root";
            return;
        }
        for (const std::string& line :
             {"ip netns add " + client_, "ip netns add " + server_,
              "ip -n " + client_ + " link add veth0 type veth peer name veth0 netns " + server_,
              "ip -n " + client_ + " address add 10.77.0.1/24 dev veth0",
              "ip -n " + server_ + " address add 10.77.0.2/24 dev veth0", "ip -n " + client_ + " link set veth0 up",
              "ip -n " + server_ + " link set veth0 up", "ip -n " + client_ + " link set lo up",
              "ip -n " + server_ + " link set lo up"}) {
            if (run(line) != 0) {
                missing_ = "network namespaces cannot be made here: " + line;
                return;
            }
        }
    }
    namespaces(const namespaces&) = delete;
    namespaces& operator=(const namespaces&) = delete;
    ~namespaces() {
        if (::geteuid() == 0) {
            static_cast<void>(run("ip netns del " + client_));
            static_cast<void>(run("ip netns del " + server_));
        }
    }

    [[nodiscard]] const std::string& missing() const { return missing_; }
    [[nodiscard]] const std::string& client() const { return client_; }
    [[nodiscard]] const std::string& server() const { return server_; }

    static int run(const std::string& line) {
        return std::system((line + " >/dev/null 2>&1").c_str());  // NOLINT(*-command-processor): fixed words
    }
    [[nodiscard]] static int open(const std::string& name) {
        return ::open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC);
    }
    [[nodiscard]] static std::uint32_t inode(const std::string& name) {
        struct stat found{};
        EXPECT_EQ(::stat(("/run/netns/" + name).c_str(), &found), 0);
        return static_cast<std::uint32_t>(found.st_ino);
    }
    // Runs `work` in that namespace, on a thread of its own.
    template <class Work>
    static void inside(const std::string& name, Work&& work) {
        std::thread([&] {
            const int fd = open(name);
            ASSERT_EQ(::setns(fd, CLONE_NEWNET), 0);
            ::close(fd);
            work();
        }).join();
    }

private:
    std::string client_;
    std::string server_;
    std::string missing_;
};

}  // namespace sonde::ebpf::nat
