FROM alpine
RUN <<EOT
echo one > /one
echo two > /two
EOT
RUN <<-'END' sh -e
	echo three > /three
	END
RUN <<EOF
#!/bin/sh
echo four
EOF
RUN <<ONE
echo one line
ONE
RUN cat <<A <<B > /both
a
A
b
B
COPY <<first.txt <<"second.txt" a /texts/
1
first.txt
2
second.txt
