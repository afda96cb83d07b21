FROM alpine
ADD a b /added/
ADD --chown=1:1 dir /dir
ADD ["c", "d e", "/spaces/"]
ADD src/*.c /src/
