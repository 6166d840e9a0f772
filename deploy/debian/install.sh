#!/bin/sh
# Installs or updates Gridflow on a Debian host. May be called again at any time: what is there is kept or renewed.
#
#   sh deploy/debian/install.sh [--migrate CITY...] SERVICE...
#
# SERVICE is web, worker, worker:N (N of them), clock, or all: everything on one machine with SQLite and Valkey of its own.
# --migrate brings the database up to date and loads the cities; on one host, before the others are updated.
set -eu

usage() {
    sed -n '3,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

source_folder="$(cd "$(dirname "$0")/../.." && pwd)"
program=/opt/gridflow
settings=/etc/gridflow/gridflow.env
data=/var/lib/gridflow
units=/etc/systemd/system

cities=""
services=""
workers=""
migrate=no
while [ $# -gt 0 ]; do
    case "$1" in
        --migrate) migrate=yes ;;
        worker | worker:[1-9] | worker:[1-9][0-9])
            workers="${1#worker}"
            workers="${workers#:}"
            workers="${workers:-1}"
            services="$services worker"
            ;;
        web | clock | all) services="$services $1" ;;
        -*) usage ;;
        *)
            [ "$migrate" = yes ] || usage
            cities="$cities $1"
            ;;
    esac
    shift
done
[ -n "$services" ] || usage
if [ "$migrate" = yes ] && [ -z "$cities" ]; then usage; fi
case "$services" in
    *all*) [ "$services" = " all" ] || { echo "all 与其他服务不能同时安装 / all stands alone" >&2; exit 2; } ;;
esac
if [ "$(id -u)" -ne 0 ]; then
    echo "请用 root 运行 / run it as root" >&2
    exit 1
fi

# The user has no password, no shell and owns the data folder alone.
if ! getent passwd gridflow >/dev/null; then
    useradd --system --user-group --no-create-home --home-dir "$data" --shell /usr/sbin/nologin gridflow
fi
install -d -m 0755 "$program" /etc/gridflow
install -d -m 0700 -o gridflow -g gridflow "$data"

if [ ! -e "$settings" ]; then
    install -m 0600 "$source_folder/deploy/debian/gridflow.env" "$settings"
fi
if grep -q '^GRIDFLOW_SECRET_KEY=$' "$settings"; then
    key="$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')"
    sed -i "s/^GRIDFLOW_SECRET_KEY=$/&$key/" "$settings"
    echo "已生成 GRIDFLOW_SECRET_KEY：其他主机用同一个值 / the other hosts need the same key: $settings"
fi
case "$services" in
    *all*) ;;
    *)
        for name in GRIDFLOW_DATABASE_URL GRIDFLOW_REDIS_URL GRIDFLOW_PUBLIC_URL; do
            if ! grep -q "^$name=." "$settings"; then
                echo "请在 $settings 中填写 $name，再运行一次 / fill in $name there and run this again" >&2
                exit 1
            fi
        done
        ;;
esac

# Program files belong to root; the services only read them.
if [ "$source_folder" != "$program" ]; then
    for part in app.py gridflow pyproject.toml package.json package-lock.json .npmrc \
        bpmn deploy docs forms orchestrator requirements web wheels bundle.json SHA256SUMS; do
        # What an offline bundle has besides goes when the next version comes without it.
        if [ ! -e "$source_folder/$part" ]; then
            case "$part" in wheels | bundle.json | SHA256SUMS) rm -rf "${program:?}/$part" ;; esac
            continue
        fi
        # The folder is put in place whole: files that a release dropped do not stay.
        rm -rf "$program/$part.new"
        cp -R "$source_folder/$part" "$program/$part.new"
        rm -rf "${program:?}/$part"
        mv "$program/$part.new" "$program/$part"
    done
fi
chown -R root:root "$program"
chmod -R u=rwX,go=rX "$program"

# The environment from the lock with its hashes, and the pages' scripts.
# The Python is the system's: one of root's own could not be read by the services.
GRIDFLOW_PYTHON="${GRIDFLOW_PYTHON:-/usr/bin/python3}"
export GRIDFLOW_PYTHON
(umask 022 && cd "$program" && ./gridflow flask --version >/dev/null)
(umask 022 && cd "$program" && var/venv/bin/python -c 'from web import i18n; i18n.compile_catalogues()')
chmod -R go=rX "$program"
if ! sh "$program/deploy/debian/as-gridflow.sh" var/venv/bin/python -c 'import app; app.create_app()'; then
    echo "用户 gridflow 无法使用 $program/var/venv，请删除它再运行一次 / remove that folder and run this again" >&2
    exit 1
fi
"$program/var/venv/bin/python" -m compileall -q "$program/app.py" "$program/orchestrator" "$program/forms" \
    "$program/web" "$program/deploy"

if [ "$migrate" = yes ] && [ "$services" != " all" ]; then
    # shellcheck disable=SC2086
    sh "$program/deploy/debian/as-gridflow.sh" var/venv/bin/python -m flask --app app prepare $cities
fi

if [ "$services" = " all" ]; then
    chosen="gridflow-all.service"
    # Named at all, even as nothing, they say that there is no embedded Valkey.
    sed -i '/^GRIDFLOW_DATABASE_URL=$/d; /^GRIDFLOW_REDIS_URL=$/d' "$settings"
else
    chosen="gridflow.target"
    for service in $services; do
        case "$service" in
            worker) ;;
            web) chosen="$chosen gridflow-web.socket gridflow-web.service" ;;
            *) chosen="$chosen gridflow-$service.service" ;;
        esac
    done
    number=1
    while [ "$number" -le "${workers:-0}" ]; do
        chosen="$chosen gridflow-worker@$number.service"
        number=$((number + 1))
    done
fi
install -d -m 0755 "$units"
listened="$(grep '^ListenStream=' "$units/gridflow-web.socket" 2>/dev/null || true)"
for unit in $chosen; do
    # All workers have one file.
    case "$unit" in gridflow-worker@*) unit="gridflow-worker@.service" ;; esac
    install -m 0644 "$program/deploy/debian/$unit" "$units/$unit"
done
if [ -e "$units/gridflow-web.socket" ]; then
    host="$(sed -n 's/^GRIDFLOW_HOST=//p' "$settings" | tail -n 1)"
    port="$(sed -n 's/^GRIDFLOW_PORT=//p' "$settings" | tail -n 1)"
    case "$host" in *:*) host="[$host]" ;; esac
    sed -i "s/^ListenStream=.*/ListenStream=${host:-127.0.0.1}:${port:-8000}/" "$units/gridflow-web.socket"
fi
address_changed=no
if [ -n "$listened" ] && ! grep -qxF "$listened" "$units/gridflow-web.socket"; then address_changed=yes; fi
if [ "$services" = " all" ] && [ -n "$cities" ]; then
    install -d -m 0755 "$units/gridflow-all.service.d"
    printf '[Service]\nExecStart=\nExecStart=/opt/gridflow/gridflow run%s\n' "$cities" \
        >"$units/gridflow-all.service.d/cities.conf"
fi
if [ ! -d /run/systemd/system ]; then
    echo "这台机器上没有运行 systemd，服务未启动 / systemd does not run here; nothing was started"
    exit 0
fi
systemctl daemon-reload
# One worker without a number, or more of them than are wanted, are of an earlier installation.
for unit in $(systemctl list-units --all --plain --no-legend 'gridflow-worker*' | cut -d ' ' -f 1); do
    case " $chosen " in *" $unit "*) ;; *) systemctl disable --now "$unit" || true ;; esac
done
rm -f "$units/gridflow-worker.service"
# shellcheck disable=SC2086
systemctl enable $chosen
# The socket stays while the web server starts anew: nobody is refused. It is made anew where its address has changed.
restarted=""
for unit in $chosen; do
    case "$unit" in
        *.target) ;;
        *.socket)
            if [ "$address_changed" = yes ] || ! systemctl --quiet is-active "$unit"; then
                systemctl stop gridflow-web.socket gridflow-web.service || true
            fi
            systemctl start "$unit"
            ;;
        *) restarted="$restarted $unit" ;;
    esac
done
# shellcheck disable=SC2086
systemctl restart $restarted
if [ "$services" != " all" ]; then systemctl start gridflow.target; fi
