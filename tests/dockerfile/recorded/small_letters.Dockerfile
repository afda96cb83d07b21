from alpine as Tools
run echo Tools > /tools
from tools as last
copy --from=tOOlS /tools /again
workdir /w
add a .
