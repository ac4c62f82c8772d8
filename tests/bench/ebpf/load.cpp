// SPDX-License-Identifier: Apache-2.0
// Work whose rate a bench compares with and without an observer. Both ends are on this host, as two processes:
//   churn N        connect, exchange a byte, close; `churn N apart`: each end on a processor of its own
//   paced N RATE   the same, at most RATE a second
//   request N      a byte to and fro on one open connection; `apart` too
//   bulk MIB       through one open connection
//   open N         opens N connections, prints "ready", closes them when its input ends
//   exec N         /bin/true, one after the other
// Prints one number: per second, of bulk MiB.
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace {

using clock_type = std::chrono::steady_clock;

[[noreturn]] void give_up(const char* what) {
    std::perror(what);
    std::exit(1);
}

struct server {
    explicit server(void (*serve)(int)) {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        address.sin_family = AF_INET;
        socklen_t size = sizeof address;
        if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, 4096) != 0 ||
            ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
            give_up("listen");
        }
        pid = ::fork();
        if (pid == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            serve(fd);
            ::_exit(0);
        }
        ::close(fd);
    }
    ~server() {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    [[nodiscard]] int connect() const {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in to = address;
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
            give_up("connect");
        }
        return fd;
    }

    sockaddr_in address{};
    pid_t pid = -1;
};

void echo_once(int listener) {
    for (char byte = 0;;) {
        const int fd = ::accept(listener, nullptr, nullptr);
        if (::read(fd, &byte, 1) == 1 && ::write(fd, &byte, 1) == 1 && ::read(fd, &byte, 1) != 0) {
            give_up("serve");
        }
        ::close(fd);
    }
}

void echo_for_ever(int listener) {
    const int fd = ::accept(listener, nullptr, nullptr);
    const int yes = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    for (char byte = 0; ::read(fd, &byte, 1) == 1 && ::write(fd, &byte, 1) == 1;) {
    }
}

void swallow(int listener) {
    static std::array<char, 1 << 18> room;
    const int fd = ::accept(listener, nullptr, nullptr);
    while (::read(fd, room.data(), room.size()) > 0) {
    }
}

void keep_open(int listener) {
    while (::accept(listener, nullptr, nullptr) >= 0) {
    }
    give_up("accept");
}

// The first or the last of those that it may use.
void stay_on(bool is_last) {
    cpu_set_t mine;
    ::sched_getaffinity(0, sizeof mine, &mine);
    int chosen = -1;
    for (int i = 0; i < CPU_SETSIZE && (is_last || chosen < 0); ++i) {
        chosen = CPU_ISSET(i, &mine) ? i : chosen;
    }
    CPU_ZERO(&mine);
    CPU_SET(chosen, &mine);
    if (::sched_setaffinity(0, sizeof mine, &mine) != 0) {
        give_up("sched_setaffinity");
    }
}

void echo_once_on_the_first(int listener) {
    stay_on(false);
    echo_once(listener);
}

void echo_on_the_first(int listener) {
    stay_on(false);
    echo_for_ever(listener);
}

void churn(long count, long rate, bool is_apart) {
    const server other(is_apart ? echo_once_on_the_first : echo_once);
    if (is_apart) {
        stay_on(true);
    }
    const auto begin = clock_type::now();
    char byte = 1;
    for (long i = 0; i < count; ++i) {
        if (rate > 0) {
            std::this_thread::sleep_until(begin + std::chrono::nanoseconds(1'000'000'000 / rate * i));
        }
        const int fd = other.connect();
        if (::write(fd, &byte, 1) != 1 || ::read(fd, &byte, 1) != 1) {
            give_up("exchange");
        }
        ::close(fd);
    }
    std::printf("%.0f\n",
                static_cast<double>(count) / std::chrono::duration<double>(clock_type::now() - begin).count());
}

void request(long count, bool is_apart) {
    const server other(is_apart ? echo_on_the_first : echo_for_ever);
    if (is_apart) {
        stay_on(true);
    }
    const int fd = other.connect();
    const auto begin = clock_type::now();
    char byte = 1;
    for (long i = 0; i < count; ++i) {
        if (::write(fd, &byte, 1) != 1 || ::read(fd, &byte, 1) != 1) {
            give_up("exchange");
        }
    }
    std::printf("%.0f\n",
                static_cast<double>(count) / std::chrono::duration<double>(clock_type::now() - begin).count());
}

void bulk(long mebibytes) {
    const server other(swallow);
    const int fd = other.connect();
    const std::vector<char> piece(1u << 20, 'x');
    const auto begin = clock_type::now();
    for (long i = 0; i < mebibytes; ++i) {
        for (std::size_t done = 0; done < piece.size();) {
            const ssize_t put = ::write(fd, piece.data() + done, piece.size() - done);
            if (put <= 0) {
                give_up("write");
            }
            done += static_cast<std::size_t>(put);
        }
    }
    std::printf("%.0f\n",
                static_cast<double>(mebibytes) / std::chrono::duration<double>(clock_type::now() - begin).count());
}

// A process may have some ten thousand files open only: the connections are shared out to pairs of processes.
constexpr long most_files = 18'000;

pid_t open_some(const server& other, long count, int ready) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (long i = 0; i < count; ++i) {
            static_cast<void>(other.connect());
        }
        static_cast<void>(::write(ready, "x", 1) == 1);
        ::pause();
    }
    return pid;
}

void open_many(long count) {
    rlimit most{};
    ::getrlimit(RLIMIT_NOFILE, &most);
    most.rlim_cur = most.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &most);
    std::array<int, 2> ready{};
    if (::pipe(ready.data()) != 0) {
        give_up("pipe");
    }
    std::vector<std::unique_ptr<server>> servers;
    std::vector<pid_t> clients;
    for (long left = count; left > 0; left -= most_files) {
        servers.push_back(std::make_unique<server>(keep_open));
        clients.push_back(open_some(*servers.back(), std::min(left, most_files), ready[1]));
    }
    char byte = 0;
    for (std::size_t i = 0; i < clients.size(); ++i) {
        if (::read(ready[0], &byte, 1) != 1) {
            give_up("ready");
        }
    }
    std::puts("ready");
    std::fflush(stdout);
    while (::read(0, &byte, 1) > 0) {
    }
    for (const pid_t each : clients) {
        ::kill(each, SIGKILL);
        ::waitpid(each, nullptr, 0);
    }
}

void exec(long count) {
    std::array<char*, 2> arguments{const_cast<char*>("/bin/true"), nullptr};
    const auto begin = clock_type::now();
    for (long i = 0; i < count; ++i) {
        pid_t pid = -1;
        if (::posix_spawn(&pid, arguments[0], nullptr, nullptr, arguments.data(), environ) != 0 ||
            ::waitpid(pid, nullptr, 0) != pid) {
            give_up("exec");
        }
    }
    std::printf("%.0f\n",
                static_cast<double>(count) / std::chrono::duration<double>(clock_type::now() - begin).count());
}

}  // namespace

int main(int count, char** words) {
    const std::string_view what = count > 2 ? words[1] : "";
    const long amount = count > 2 ? std::atol(words[2]) : 0;
    if (what == "churn") {
        churn(amount, 0, count > 3 && std::string_view(words[3]) == "apart");
    } else if (what == "paced" && count > 3) {
        churn(amount, std::atol(words[3]), false);
    } else if (what == "request") {
        request(amount, count > 3 && std::string_view(words[3]) == "apart");
    } else if (what == "bulk") {
        bulk(amount);
    } else if (what == "open") {
        open_many(amount);
    } else if (what == "exec") {
        exec(amount);
    } else {
        std::fputs("usage: ebpf_load churn|paced|request|bulk|open|exec AMOUNT [RATE|apart]\n", stderr);
        return 2;
    }
    return 0;
}
